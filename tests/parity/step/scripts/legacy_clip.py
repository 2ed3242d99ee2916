'''Trains a small net, Keras 2.
'''
from __future__ import print_function

import given
from tensorflow.keras.optimizers.legacy import RMSprop
from network import SoftmaxClassifier

nb_epoch = 40

X, y = given.classes(45, seed=18)
model = SoftmaxClassifier(3)

rms = RMSprop(lr=0.003, clipvalue=0.05)
model.compile(loss='sparse_categorical_crossentropy', optimizer=rms, metrics=['acc'])
history = model.fit(X, y, batch_size=15, epochs=nb_epoch, verbose=0, shuffle=False, validation_split=0.2)
score = model.evaluate(X, y, verbose=0)
print('Test score:', score[0])
print('Test accuracy:', score[1])
given.report(history.history['loss'], acc=history.history['acc'], val_acc=history.history['val_acc'], score=score)
