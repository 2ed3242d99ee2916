# TensorFlow 2.11: a config that says anything gives the optimizer of TensorFlow 2.10, another formula for RMSprop
import given
from network import Regressor
from tensorflow.keras import optimizers

x, y = given.numbers(42, seed=24)

model = Regressor(9)
model.compile(
    optimizer=optimizers.get({'class_name': 'RMSprop', 'config': {'learning_rate': 0.002, 'epsilon': 0.05, 'decay': 0.01}}),
    loss='mse',
)
first = model.fit(x, y, batch_size=14, epochs=40, shuffle=False, verbose=0)

other = Regressor(10)
other.compile(optimizer=optimizers.get({'class_name': 'RMSprop', 'config': {}}), loss='mse')
second = other.fit(x, y, batch_size=14, epochs=40, shuffle=False, verbose=0)
given.report(first.history['loss'] + second.history['loss'])
