from mindspore import nn
from tf2ms_runtime import MeanSquaredError, Trainer


def train(network, features, targets):
    optimizer = nn.SGD(network.trainable_params(), learning_rate=0.1)
    trainer = Trainer(network, optimizer=optimizer, loss_fn=MeanSquaredError())
    trainer.fit(features, targets)
