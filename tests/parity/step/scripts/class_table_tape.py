"""A dictionary of classes, one of which takes the steps of a gradient tape."""
import given
import tensorflow as tf
from network import Regressor

x, y = given.numbers(42, seed=22)
y = y[:, None]
TABLE = {'adam': tf.keras.optimizers.Adam, 'rmsprop': tf.keras.optimizers.RMSprop, 'sgd': tf.keras.optimizers.SGD}


def train(name, rate):
    model = Regressor(10)
    optimizer = TABLE.get(name)(rate)
    losses = []
    for _ in range(40):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        losses.append(float(loss))
    return losses


given.report(train('adam', 1e-3) + train('rmsprop', 1e-3) + train('sgd', 1e-2))
