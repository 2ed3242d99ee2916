
import engine.loops
from engine import Duel, run_loop
from nets import artist, regressor
from optim import build
from mindspore import nn, ops


def duel(batches) -> Duel:
    painter, critic = artist(), regressor()
    optimizer_2 = nn.RMSProp(critic.trainable_params(), learning_rate=1e-4, decay=0.9, epsilon=1e-07)
    for mean_square in optimizer_2.ms:  # Keras starts this average at 0, MindSpore at 1
        mean_square.set_data(ops.zeros_like(mean_square))
    duel = Duel(
        painter,
        critic,
        artist_optimizer=nn.Adam(painter.trainable_params(), learning_rate=1e-4, beta1=0.5, beta2=0.999, eps=1e-07),
        critic_optimizer=optimizer_2,
    )
    for noise, images in batches:
        duel.round(noise, images)
    return duel


def regression(batches, x, y):
    net = regressor()
    optimizer = nn.SGD(net.trainable_params(), learning_rate=0.1, momentum=0.9)
    run_loop(net, batches, opt=optimizer)
    net.save_weights("net.weights.h5")
    other = regressor()
    engine.loops.compiled(other, build(other.trainable_params(), "rmsprop", 1e-3), x, y)
