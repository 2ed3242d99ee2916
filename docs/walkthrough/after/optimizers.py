"""Which optimizer a run trains with, and how its learning rate falls."""

from mindspore import nn, ops
from tf2ms_runtime import KerasOptimizer


def make_optimizer(params, config):
    rate = nn.ExponentialDecayLR(
        learning_rate=float(config.learning_rate), decay_steps=config.decay_steps, decay_rate=float(config.decay_rate)
    )
    if config.optimizer == "rmsprop":
        optimizer = nn.RMSProp(params, learning_rate=rate, decay=0.95, momentum=0.5, epsilon=1e-07)
        for mean_square in optimizer.ms:  # Keras starts this average at 0, MindSpore at 1
            mean_square.set_data(ops.zeros_like(mean_square))
        return optimizer
    if config.optimizer == "adam":
        return KerasOptimizer(nn.Adam(params, learning_rate=rate, beta1=0.9, beta2=0.999, eps=1e-07), clipnorm=1.0)
    raise ValueError(f"unknown optimizer: {config.optimizer}")
