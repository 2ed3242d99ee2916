import given
import tensorflow as tf
from engine import Keeper, descend
from network import Classifier
from optim import build, create

x, y = given.classes(48)
BATCH = 12
EPOCHS = 25


def batches():
    for start in range(0, len(x), BATCH):
        yield x[start:start + BATCH], y[start:start + BATCH]


model = Classifier()
loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
keeper = Keeper(model, build("rmsprop", 1e-3), loss)
losses = keeper.run(batches, EPOCHS)

other = Classifier()
stepped = descend(other, create("adam", rate=1e-3), batches, EPOCHS)

third = Classifier()
third_losses = descend(third, opt=tf.keras.optimizers.SGD(0.05, momentum=0.9), batches=batches, epochs=5)

given.report(losses, stepped=stepped, third=third_losses)
