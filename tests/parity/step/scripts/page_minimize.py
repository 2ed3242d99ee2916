# The second half of the comparison page: one step after the other with minimize().
import given
import tensorflow as tf
from network import Linear

model = Linear()

inputs = tf.constant([[1., 2., 3.], [3., 4., 5.]], dtype=tf.float32)
outputs = tf.constant([[0.5], [0.6]], dtype=tf.float32)

optim = tf.keras.optimizers.RMSprop(learning_rate=0.01)
loss = lambda: tf.keras.losses.mse(model(inputs), outputs)

losses = []
for step in range(30):
    optim.minimize(loss, model.trainable_weights)
    losses.append(tf.reduce_mean(tf.square(model(inputs) - outputs)).numpy())

given.report(losses)
