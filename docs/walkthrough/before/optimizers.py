"""Which optimizer a run trains with, and how its learning rate falls."""

from tensorflow import keras


def make_optimizer(config):
    rate = keras.optimizers.schedules.ExponentialDecay(
        config.learning_rate, decay_steps=config.decay_steps, decay_rate=config.decay_rate
    )
    if config.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(rate, rho=0.95, momentum=0.5)
    if config.optimizer == "adam":
        return keras.optimizers.Adam(rate, clipnorm=1.0)
    raise ValueError(f"unknown optimizer: {config.optimizer}")
