"""By an alias of what the package exports, and through a function of its own that another script calls."""
from pkg import build_optimizer as make
from pkg.models import build_model
import pkg.optim

model = build_model(config)
model.compile(optimizer=make("adam"), loss="mse")  # the usual one
model.fit(x, y, epochs=3)


def again(lr):
    return pkg.optim.build_optimizer("sgd", lr)


def other():
    net = build_model(config)
    opt = again(0.1)
    net.compile(loss="mae", optimizer=opt)
    net.fit(x, y)
