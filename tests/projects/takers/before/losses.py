import tensorflow as tf

from engine.given import Task
from nets import artist, regressor

network = regressor()
error = tf.keras.losses.Huber(delta=0.5)
task = Task(network, tf.keras.optimizers.Adam(1e-3), error, scale=2.0)
task.step(1, 2)
picture = artist()
second = Task(picture, tf.keras.optimizers.SGD(0.1), loss_fn=tf.keras.losses.MeanSquaredError())
