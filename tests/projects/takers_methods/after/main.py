import tensorflow as tf
from runner import Runner
from trainers import Called, Keeper, Overridden, Static
from mindspore import nn, ops


class Walker(Overridden):
    def walk(self, net, opt):
        print(net, opt)


model = build()
keeper = Keeper(model, epochs=3)
optimizer = nn.RMSProp(model.trainable_params(), learning_rate=0.01, decay=0.9, epsilon=1e-07)
for mean_square in optimizer.ms:  # Keras starts this average at 0, MindSpore at 1
    mean_square.set_data(ops.zeros_like(mean_square))
keeper.descend(batches, optimizer=optimizer)
other = build()
Runner().fit(other, nn.Adam(other.trainable_params(), learning_rate=0.01, beta1=0.9, beta2=0.999, eps=1e-07), x, y)
third, fourth, fifth = build(), build(), build()
called = Called()
called.climb(third, nn.Adam(third.trainable_params(), learning_rate=0.01, beta1=0.9, beta2=0.999, eps=1e-07))
Overridden().walk(fourth, nn.Adam(fourth.trainable_params(), learning_rate=0.01, beta1=0.9, beta2=0.999, eps=1e-07))
Static.run(fifth, tf.keras.optimizers.Adam(0.01))
