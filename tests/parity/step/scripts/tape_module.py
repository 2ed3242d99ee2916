import numpy as np
import tensorflow as tf

import given
from network import Regressor

x, y = given.numbers(24)
y = y[:, np.newaxis]
counts = np.arange(24).reshape(-1, 1) % 3

net = Regressor(4)
optimizer = tf.keras.optimizers.RMSprop(learning_rate=0.001, momentum=0.6, centered=True)
log = []

for it in range(150):
    if it == 75:
        optimizer.learning_rate = 0.0003
    start = it % 3 * 8
    x_batch, y_batch, n_batch = x[start:start + 8], y[start:start + 8], counts[start:start + 8]
    with tf.GradientTape() as tape:
        pred = net(x_batch)
        weight = 1.0 + tf.cast(n_batch, tf.float32)
        mse = tf.reduce_mean(weight * tf.square(pred - y_batch))
        shrink = 1e-3 * tf.reduce_sum(tf.square(pred))
        loss = mse + shrink
    grads = tape.gradient(loss, net.trainable_variables)
    optimizer.apply_gradients(zip(grads, net.trainable_variables))
    log.append(loss.numpy())
    if it % 50 == 0:
        print("iter {:4d}  loss {:.5f}  lr {:.4f}".format(it, loss, float(optimizer.learning_rate)))

given.report(log, last=[mse.numpy(), shrink.numpy()])
