from tensorflow.keras import optimizers


def build(name, rate):
    if name == "rmsprop":
        return optimizers.RMSprop(rate, rho=0.95)
    return optimizers.Adam(learning_rate=rate)
