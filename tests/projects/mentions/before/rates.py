import tensorflow as tf
from nets import third
from optim import falling

rate = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9)
third.compile(falling(rate), loss="mse")
