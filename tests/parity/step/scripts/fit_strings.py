"""Three classes, everything by name."""
import numpy as np
from tensorflow import keras
from network import SoftmaxClassifier
import given

x, y = given.classes(70)
x_train, y_train = x[:48], y[:48]
x_test, y_test = x[48:], y[48:]

model = SoftmaxClassifier()
model.compile(loss='sparse_categorical_crossentropy',
              optimizer=keras.optimizers.RMSprop(learning_rate=0.001, momentum=0.5, centered=True),
              metrics=['accuracy'])

history = model.fit(x_train, y_train,
                    batch_size=16,
                    epochs=40,
                    verbose=2,
                    shuffle=False,
                    validation_data=(x_test, y_test))

loss, acc = model.evaluate(x_test, y_test, verbose=0)
print('Test loss: %.4f' % loss)
print('Test accuracy: %.2f%%' % (acc * 100))

acc_hist = history.history['accuracy']
val_acc_hist = history.history['val_accuracy']
epochs = range(1, len(acc_hist) + 1)
for e, a, v in zip(epochs, acc_hist, val_acc_hist):
    if e % 10 == 0:
        print(e, a, v)

pred = model.predict(x_test)
classes = np.argmax(pred, axis=1)
given.report(history.history['loss'], val_loss=history.history['val_loss'], accuracy=acc_hist, val_accuracy=val_acc_hist,
             evaluated=[loss, acc], predicted=pred, classes=classes)
