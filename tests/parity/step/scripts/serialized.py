"""Serialized optimizers, an optimizer by a name that is bound once, and one that is given back."""
import given
from network import Regressor
from tensorflow.keras import optimizers

x, y = given.numbers(42, seed=23)
CONFIG = {'class_name': 'RMSprop', 'config': {'learning_rate': 0.002, 'rho': 0.95, 'momentum': 0.5}}
KIND = 'Adam'

first = Regressor(3)
first.compile(optimizer=optimizers.get({'class_name': 'adam', 'config': {'learning_rate': 0.001, 'clipvalue': 0.1}}), loss='mse')
one = first.fit(x, y, batch_size=14, epochs=30, shuffle=False, verbose=0)

second = Regressor(4)
second.compile(optimizer=optimizers.deserialize(CONFIG), loss='mse')
two = second.fit(x, y * 1e-3, batch_size=14, epochs=30, shuffle=False, verbose=0)

third = Regressor(5)
third.compile(optimizer=getattr(optimizers, KIND)(0.002, beta_1=0.8), loss='mse')
three = third.fit(x, y * 1e3, batch_size=14, epochs=30, shuffle=False, verbose=0)

fourth = Regressor(6)
fourth.compile(optimizer=optimizers.get(optimizers.SGD(0.01, momentum=0.9, nesterov=True)), loss='mse')
four = fourth.fit(x, y, batch_size=14, epochs=30, shuffle=False, verbose=0)
given.report(one.history['loss'] + two.history['loss'] + three.history['loss'] + four.history['loss'])
