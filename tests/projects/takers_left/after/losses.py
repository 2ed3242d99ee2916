import tensorflow as tf

import given
from nets import net
from mindspore import nn

model = net()
given.step(model, nn.Adam(model.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07), tf.keras.losses.MeanSquaredError(reduction=unknown), 1, 2)
given.shared(model, nn.Adam(model.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07), error := tf.keras.losses.MeanSquaredError(), 1, 2)
print(error)
