import tensorflow as tf

import half
from mindspore import nn
from tf2ms_runtime import MeanSquaredError, Trainer


def build():
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, dtype=half.TYPE)])
    optimizer = nn.SGD(model.trainable_params(), learning_rate=0.1)
    trainer = Trainer(model, optimizer=optimizer, loss_fn=MeanSquaredError())
    return trainer
