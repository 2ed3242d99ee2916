import tensorflow as tf

from net import build
from mindspore import nn, ops
from tf2ms_runtime import MeanSquaredError, Trainer

model = build()
optimizer = nn.Adam(model.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
model_trainer = Trainer(model, optimizer=optimizer, loss_fn=MeanSquaredError())
model_trainer.fit(features, targets)
own = tf.keras.Sequential([tf.keras.layers.Dense(1)])
optimizer_2 = nn.RMSProp(own.trainable_params(), learning_rate=1e-3, decay=0.9, epsilon=1e-07)
for mean_square in optimizer_2.ms:  # Keras starts this average at 0, MindSpore at 1
    mean_square.set_data(ops.zeros_like(mean_square))
own_trainer = Trainer(own, optimizer=optimizer_2, loss_fn=MeanSquaredError())
own_trainer.fit(features, targets)
