"""An image classifier whose kernels all carry the same l2 penalty.

In MindSpore, weight decay belongs to the optimizer: twice the penalty, on the kernels alone. Runs on TensorFlow 2.
"""

from tensorflow.keras import layers, models, optimizers, regularizers
from tensorflow.keras.datasets import fashion_mnist

PENALTY = 1e-4

(images, labels), (test_images, test_labels) = fashion_mnist.load_data()
images, test_images = images[..., None] / 255.0, test_images[..., None] / 255.0

model = models.Sequential([
    layers.Conv2D(16, 3, activation="relu", kernel_regularizer=regularizers.l2(PENALTY), input_shape=(28, 28, 1)),
    layers.BatchNormalization(),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dense(10, activation="softmax", kernel_regularizer=regularizers.l2(PENALTY)),
])
model.compile(
    optimizer=optimizers.RMSprop(1e-3, momentum=0.9, centered=True),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(images, labels, epochs=5, validation_data=(test_images, test_labels))
