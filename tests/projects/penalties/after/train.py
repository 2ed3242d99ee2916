import tensorflow as tf

from nets import later
from nets.darknet import both, by_dictionary, by_partial, without
from nets.later import ready
from mindspore import nn
from tf2ms_runtime import MeanSquaredError, Trainer


def fit(model, x, y):
    model.fit(x, y)


first = by_dictionary()
optimizer = nn.Adam(first.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
first_trainer = Trainer(first, optimizer=optimizer, loss_fn=MeanSquaredError())
second = by_partial()
optimizer_2 = nn.Adam(second.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
second_trainer = Trainer(second, optimizer=optimizer_2, loss_fn=MeanSquaredError())
optimizer_3 = nn.Adam(ready.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
ready_trainer = Trainer(ready, optimizer=optimizer_3, loss_fn=MeanSquaredError())
fourth = later.decayed(without())
optimizer_4 = nn.Adam(fourth.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
fourth_trainer = Trainer(fourth, optimizer=optimizer_4, loss_fn=MeanSquaredError())
fifth = later.clipped()
optimizer_5 = nn.Adam(fifth.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
fifth_trainer = Trainer(fifth, optimizer=optimizer_5, loss_fn=MeanSquaredError())
plain = without()
optimizer_6 = nn.Adam(plain.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
plain_trainer = Trainer(plain, optimizer=optimizer_6, loss_fn=MeanSquaredError())
kept = tf.keras.Sequential([later.Plain(width=3)])
optimizer_7 = nn.Adam(kept.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
kept_trainer = Trainer(kept, optimizer=optimizer_7, loss_fn=MeanSquaredError())
_, whole = both()
optimizer_8 = nn.Adam(whole.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07)
whole_trainer = Trainer(whole, optimizer=optimizer_8, loss_fn=MeanSquaredError())
