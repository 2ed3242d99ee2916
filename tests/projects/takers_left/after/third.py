import tensorflow as tf
from frozen import frozen
from nets import net
from mindspore import nn

model = net()
frozen(model, optimizer=tf.keras.optimizers.RMSprop(1e-3))


import compilers

asked = net()
compilers.compiled(asked, nn.Adam(asked.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07), 1, 2)
print(asked.evaluate(1, 2))
given = compilers.returned(net(), 1, 2, optimizer=tf.keras.optimizers.Adam(1e-3))
kept = compilers.Kept(asked, nn.Adam(asked.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07))
kept.fit(1, 2)
kept.model.evaluate(1, 2)
