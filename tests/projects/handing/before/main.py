import fitting
import tensorflow as tf
from fitting import Fitting
from parts import train
from parts.nets import plain, regular
from parts.plans import falling

train(plain(), rate=falling())
fitting.steady(plain(), 0.2)
own = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_regularizer="l1")])
fitting.steady(own)
fitting.steady(regular())
Fitting(plain(), 0.3).run(0.9)
