import tensorflow.compat.v1 as tf
\

train = tf.train.ProximalAdagradOptimizer(0.1).minimize(loss)
