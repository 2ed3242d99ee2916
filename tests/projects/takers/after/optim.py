from mindspore import nn, ops


def build(params, name, rate):
    if name == "rmsprop":
        optimizer = nn.RMSProp(params, learning_rate=rate, decay=0.95, epsilon=1e-07)
        for mean_square in optimizer.ms:  # Keras starts this average at 0, MindSpore at 1
            mean_square.set_data(ops.zeros_like(mean_square))
        return optimizer
    return nn.Adam(params, learning_rate=rate, beta1=0.9, beta2=0.999, eps=1e-07)
