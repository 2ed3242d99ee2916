import given
import tensorflow as tf
from network import Regressor

x, y = given.numbers(36, seed=3)


class Task:
    def __init__(self, learning_rate):
        self.learning_rate = learning_rate
        self.net = Regressor(seed=5)
        self.optimizer = self.build_optimizer(clip=0.5)

    def build_optimizer(self, clip):
        return tf.keras.optimizers.Adam(self.learning_rate, clipnorm=clip, epsilon=1e-3)

    def step(self, features, targets):
        with tf.GradientTape() as tape:
            predictions = self.net(features, training=True)
            loss = tf.reduce_mean(tf.square(predictions - targets))
        gradients = tape.gradient(loss, self.net.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.net.trainable_variables))
        return loss


task = Task(0.01)
losses = []
for epoch in range(20):
    for start in range(0, len(x), 12):
        losses.append(float(task.step(x[start:start + 12], y[start:start + 12].reshape(-1, 1))))

given.report(losses)
