from pkg.nets import *
from pkg.optim import make

ready.compile(make(0.1), loss="mse")
ready.fit(features, targets)
