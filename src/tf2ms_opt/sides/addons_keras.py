"""The Keras that tensorflow_addons needs, where TensorFlow has Keras 3: tf.keras of tf_keras, under its old names.

It stands beside the script that imports it, and has to be called before TensorFlow is imported.
"""

from __future__ import annotations

import importlib
import os
import sys


def prepare() -> None:
    """Let ``import tensorflow_addons`` find the Keras of TensorFlow 2.15; what has it already stays as it is."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    try:
        importlib.import_module("keras.src.engine")
    except ModuleNotFoundError:
        sys.modules["keras.src.engine"] = importlib.import_module("tf_keras.src.engine")
