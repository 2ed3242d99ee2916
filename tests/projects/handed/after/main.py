from task import Shared
from mindspore import nn

network = make_network()
Shared(network, nn.SGD(network.trainable_params(), learning_rate=0.1)).run()
