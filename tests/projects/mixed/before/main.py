from loop import Loop
from optim import make

network, other = networks()
Loop(network, make("rmsprop", 0.01)).step(features, targets)
other.compile(make("adam", 0.01), loss="mse")
other.fit(features, targets)
