"""Choose the optimizer by name in a function, as training scripts with many options do.

The function is called in this file, so the call can tell it which parameters to train. Runs on TensorFlow 2.
"""

import argparse

import tensorflow as tf


def make_optimizer(name, learning_rate):
    """The optimizer called `name`."""
    if name == "rmsprop":
        return tf.keras.optimizers.RMSprop(learning_rate, momentum=0.9)
    if name == "adam":
        return tf.keras.optimizers.Adam(learning_rate)
    raise ValueError(f"unknown optimizer: {name}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--optimizer", default="rmsprop")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    options = parser.parse_args()

    (images, labels), _ = tf.keras.datasets.mnist.load_data()
    model = tf.keras.Sequential([
        tf.keras.layers.Flatten(input_shape=(28, 28)),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile(
        make_optimizer(options.optimizer, options.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(images / 255.0, labels, epochs=5)


if __name__ == "__main__":
    main()
