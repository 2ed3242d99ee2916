import tensorflow as tf
from runner import Runner
from trainers import Called, Keeper, Overridden, Static


class Walker(Overridden):
    def walk(self, net, opt):
        print(net, opt)


model = build()
keeper = Keeper(model, epochs=3)
keeper.descend(batches, optimizer=tf.keras.optimizers.RMSprop(0.01))
other = build()
Runner().fit(other, tf.keras.optimizers.Adam(0.01), x, y)
third, fourth, fifth = build(), build(), build()
called = Called()
called.climb(third, tf.keras.optimizers.Adam(0.01))
Overridden().walk(fourth, tf.keras.optimizers.Adam(0.01))
Static.run(fifth, tf.keras.optimizers.Adam(0.01))
