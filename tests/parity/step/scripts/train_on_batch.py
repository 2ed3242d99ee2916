import numpy as np
from tensorflow.keras.optimizers import RMSprop
from network import BinaryClassifier
import given

batch_size = 16
iterations = 120

x, labels = given.classes(70, seed=13)
labels = (labels > 0).astype('float32')

model = BinaryClassifier(2)
model.compile(loss='binary_crossentropy', optimizer=RMSprop(1e-3, 0.9, 0.3, 1e-7, True), metrics=['accuracy'])

rng = np.random.RandomState(0)
history = []
for i in range(iterations):
    idx = rng.randint(0, x.shape[0], batch_size)
    loss, acc = model.train_on_batch(x[idx], labels[idx])
    history.append((loss, acc))
    if i % 30 == 0:
        print("%d [loss: %f, acc.: %.2f%%]" % (i, loss, 100 * acc))

test_loss, test_acc = model.test_on_batch(x, labels)
scores = model.predict_on_batch(x[:8])
given.report([one[0] for one in history], accuracy=[one[1] for one in history], tested=[test_loss, test_acc],
             scores=scores)
