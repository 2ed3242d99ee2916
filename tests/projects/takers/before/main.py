import tensorflow as tf

import engine.loops
from engine import Duel, run_loop
from nets import artist, regressor
from optim import build


def duel(batches) -> Duel:
    painter, critic = artist(), regressor()
    duel = Duel(
        painter,
        critic,
        artist_optimizer=tf.keras.optimizers.Adam(1e-4, beta_1=0.5),
        critic_optimizer=tf.keras.optimizers.RMSprop(1e-4),
    )
    for noise, images in batches:
        duel.round(noise, images)
    return duel


def regression(batches, x, y):
    net = regressor()
    optimizer = tf.keras.optimizers.SGD(0.1, momentum=0.9)
    run_loop(net, batches, opt=optimizer)
    net.save_weights("net.weights.h5")
    other = regressor()
    engine.loops.compiled(other, build("rmsprop", 1e-3), x, y)
