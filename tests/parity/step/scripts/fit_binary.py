#!/usr/bin/env python
"""Churn: few positives, so they weigh more."""
import argparse

import numpy as np
import tensorflow as tf

import given
from network import BinaryClassifier


def load():
    x, y = given.classes(64, seed=5)
    return x, (y == 2).astype("int32")


def main(args):
    x, y = load()
    neg, pos = np.bincount(y)
    weights = {0: len(y) / (2.0 * neg), 1: len(y) / (2.0 * pos)}
    model = BinaryClassifier()
    model.compile(
        optimizer=tf.keras.optimizers.RMSprop(learning_rate=args.lr, centered=True, momentum=0.8),
        loss="binary_crossentropy",
        metrics=["accuracy", tf.keras.metrics.Precision(name="precision"), tf.keras.metrics.Recall(name="recall")],
    )
    history = model.fit(x, y, epochs=args.epochs, batch_size=16, class_weight=weights, shuffle=False, verbose=0)
    scores = model.evaluate(x, y, verbose=0)
    print("loss %f, accuracy %f, precision %f, recall %f" % tuple(scores))
    flagged = (model.predict(x) > 0.5).astype(int)
    given.report(history.history["loss"], accuracy=history.history["accuracy"], recall=history.history["recall"],
                 precision=history.history["precision"], scores=scores, flagged=flagged)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.001)
    parser.add_argument("--epochs", type=int, default=50)
    main(parser.parse_args([]))
