"""Which clipping is best?  The three of Keras, one after the other."""
import given
import tensorflow as tf
from network import Regressor

x, y = given.numbers(40, seed=6)

by_norm = Regressor(1)
by_norm.compile(optimizer=tf.keras.optimizers.RMSprop(1e-3, momentum=0.5, centered=True, clipnorm=0.2), loss="mean_squared_error")
first = by_norm.fit(x, y, batch_size=10, epochs=26, shuffle=False, verbose=0)

by_value = Regressor(1)
by_value.compile(optimizer=tf.keras.optimizers.RMSprop(1e-3, momentum=0.5, centered=True, clipvalue=0.05), loss="mean_squared_error")
second = by_value.fit(x, y, batch_size=10, epochs=26, shuffle=False, verbose=0)

together = Regressor(1)
together.compile(optimizer=tf.keras.optimizers.RMSprop(1e-3, momentum=0.5, centered=True, global_clipnorm=0.3), loss="mean_squared_error")
third = together.fit(x, y, batch_size=10, epochs=26, shuffle=False, verbose=0)

given.report(first.history["loss"], by_value=second.history["loss"], together=third.history["loss"])
