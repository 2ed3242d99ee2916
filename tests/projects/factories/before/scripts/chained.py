from fit import *

network = make_network()
chosen = again(0.3)
network.compile(chosen, "mse")
network.fit(a, b)
