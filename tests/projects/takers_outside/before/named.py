import tensorflow as tf


class Named:
    def __init__(self, net, rule):
        self.net = net
        self.rule = rule

    def step(self, x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.net(x) - y))
        grads = tape.gradient(loss, self.net.trainable_variables)
        self.rule.apply_gradients(zip(grads, self.net.trainable_variables))
