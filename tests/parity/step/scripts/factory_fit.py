import tensorflow as tf

import given
from network import Regressor


def make_optimizer(name, learning_rate=0.001):
    if name == 'sgd':
        return tf.keras.optimizers.SGD(learning_rate, momentum=0.9)
    return tf.keras.optimizers.RMSprop(learning_rate, momentum=0.5, centered=True)


train_x, train_y = given.numbers(48, seed=14)
test_x, test_y = given.numbers(20, seed=15)

first = Regressor(seed=6)
first.compile(optimizer=make_optimizer('rmsprop'), loss='mse')
history = first.fit(train_x, train_y, epochs=20, batch_size=16, shuffle=False, verbose=0)

second = Regressor(seed=7)
chosen = make_optimizer('sgd', learning_rate=0.003)
second.compile(optimizer=chosen, loss='mae')
other = second.fit(train_x, train_y, epochs=20, batch_size=16, shuffle=False, verbose=0)

given.report(history.history['loss'], other=other.history['loss'], predicted=first.predict(test_x).flatten())
