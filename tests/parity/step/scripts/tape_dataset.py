"""The guide's loop from scratch over a tf.data pipeline; the step gives the loss back."""
import time

import given
import tensorflow as tf
from tensorflow import keras
from network import SoftmaxClassifier

x, y = given.classes(40, seed=4)
train_dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)

model = SoftmaxClassifier()
loss_fn = keras.losses.SparseCategoricalCrossentropy()
optimizer = keras.optimizers.RMSprop(learning_rate=5e-4, momentum=0.9, centered=True)
train_acc_metric = keras.metrics.SparseCategoricalAccuracy()


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        probs = model(x, training=True)
        loss_value = loss_fn(y, probs)
    grads = tape.gradient(loss_value, model.trainable_weights)
    optimizer.apply_gradients(zip(grads, model.trainable_weights))
    train_acc_metric.update_state(y, probs)
    return loss_value


epochs = 25
history = []
accuracy = []
for epoch in range(epochs):
    print("\nStart of epoch %d" % (epoch,))
    start_time = time.time()

    for step, (x_batch_train, y_batch_train) in enumerate(train_dataset):
        loss_value = train_step(x_batch_train, y_batch_train)
        history.append(float(loss_value))
        if step % 4 == 0:
            print("Training loss (for one batch) at step %d: %.4f" % (step, float(loss_value)))

    train_acc = train_acc_metric.result()
    accuracy.append(float(train_acc))
    print("Training acc over epoch: %.4f" % (float(train_acc),))
    train_acc_metric.reset_state()
    print("Time taken: %.2fs" % (time.time() - start_time))

given.report(history, accuracy=accuracy)
