import tensorflow as tf

from nets import later
from nets.darknet import both, by_dictionary, by_partial, without
from nets.later import ready


def fit(model, x, y):
    model.fit(x, y)


first = by_dictionary()
first.compile(tf.keras.optimizers.Adam(1e-3), "mse")
second = by_partial()
second.compile(tf.keras.optimizers.Adam(1e-3), "mse")
ready.compile(tf.keras.optimizers.Adam(1e-3), "mse")
fourth = later.decayed(without())
fourth.compile(tf.keras.optimizers.Adam(1e-3), "mse")
fifth = later.clipped()
fifth.compile(tf.keras.optimizers.Adam(1e-3), "mse")
plain = without()
plain.compile(tf.keras.optimizers.Adam(1e-3), "mse")
kept = tf.keras.Sequential([later.Plain(width=3)])
kept.compile(tf.keras.optimizers.Adam(1e-3), "mse")
_, whole = both()
whole.compile(tf.keras.optimizers.Adam(1e-3), "mse")
