from fit import *
from tf2ms_runtime import MeanSquaredError, Trainer

network = make_network()
chosen = again(network.trainable_params(), 0.3)
trainer = Trainer(network, optimizer=chosen, loss_fn=MeanSquaredError())
trainer.fit(a, b)
