"""Small batches summed up, and a scaled loss, as for half precision."""
import given
import tensorflow as tf
from network import Regressor

ACCUMULATE = 3
x, y = given.numbers(48, seed=11)
target = y.reshape(-1, 1)

small = Regressor(1)
small.compile(
    optimizer=tf.keras.optimizers.RMSprop(
        learning_rate=0.001, momentum=0.9, centered=True, gradient_accumulation_steps=ACCUMULATE
    ),
    loss="mse",
)
small_history = small.fit(x, target, batch_size=8, epochs=30, shuffle=False, verbose=0)

scaled = Regressor(2)
scaled.compile(
    optimizer=tf.keras.optimizers.RMSprop(learning_rate=0.001, momentum=0.9, centered=True, loss_scale_factor=128.0),
    loss="mae",
)
scaled_history = scaled.fit(x, target, batch_size=8, epochs=20, shuffle=False, verbose=0)

given.report(small_history.history["loss"], scaled=scaled_history.history["loss"], evaluated=[scaled.evaluate(x, target)])
