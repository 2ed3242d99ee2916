import tensorflow as tf

import given
from network import Regressor

x, y = given.numbers(50, seed=8)
xv, yv = given.numbers(20, seed=9)

model = Regressor(3)
optimizer = tf.keras.optimizers.RMSprop(
    learning_rate=1e-3,
    momentum=0.5,
    centered=True,
    use_ema=True,
    ema_momentum=0.9,
    ema_overwrite_frequency=7,
)
model.compile(optimizer, loss=tf.keras.losses.MeanSquaredError(), metrics=[tf.keras.metrics.MeanAbsoluteError()])
log = model.fit(x, y, batch_size=10, epochs=24, validation_data=(xv, yv), shuffle=False, verbose=0)
evaluated = model.evaluate(xv, yv, verbose=0, return_dict=True)
given.report(
    log.history["loss"],
    val=log.history["val_loss"],
    mae=log.history["mean_absolute_error"],
    evaluated=[evaluated["loss"], evaluated["mean_absolute_error"]],
)
