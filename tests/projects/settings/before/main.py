import tensorflow as tf

from agent import build

tf.keras.backend.set_floatx("float64")
build().fit(x, y)
