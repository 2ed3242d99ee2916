
from rates import slow
from mindspore import nn
from tf2ms_runtime import MeanSquaredError, Trainer

network = make_network()
rule = nn.Adam(network.trainable_params(), learning_rate=0.1, beta1=0.9, beta2=0.999, eps=1e-07)
trainer = Trainer(network, optimizer=rule, loss_fn=MeanSquaredError())
slow(rule, 0.01)
trainer.fit(features, targets)
