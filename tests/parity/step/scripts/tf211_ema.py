# TensorFlow 2.11
import given
import tensorflow as tf
from network import Regressor

x, y = given.numbers(42, seed=17)

model = Regressor(9)
opt = tf.keras.optimizers.RMSprop(
    learning_rate=1e-3, rho=0.95, momentum=0.5, centered=True, use_ema=True, ema_momentum=0.95, ema_overwrite_frequency=10
)
model.compile(optimizer=opt, loss=tf.keras.losses.MeanSquaredError(), metrics=['mae'])
history = model.fit(x, y, batch_size=14, epochs=40, shuffle=False, verbose=0, validation_split=0.3)
given.report(history.history['loss'], val_loss=history.history['val_loss'], mae=history.history['mae'],
             evaluated=model.evaluate(x, y, verbose=0))
