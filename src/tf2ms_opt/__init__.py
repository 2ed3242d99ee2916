"""Convert the optimization part of TensorFlow/Keras training code to MindSpore, without a silent change of meaning."""

__version__ = "0.1.0"
