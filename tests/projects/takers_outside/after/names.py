from loops import Network

from mindspore import nn

network = make_network()
loop = Network(network, nn.SGD(network.trainable_params(), learning_rate=0.1))
setattr(loop, "optimizer", make_optimizer())
