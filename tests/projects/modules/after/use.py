import optims
from again import build
from named import compiled


def by_name(model, name):
    model.compile(getattr(optims, "build_" + name)(0.1), loss="mse")
    model.fit(features, targets)


def direct(model):
    model.compile(optims.build_sgd(0.1), loss="mse")
    model.fit(features, targets)


def renamed(model):
    model.compile(build(model.trainable_params(), 0.1), loss="mse")
    model.fit(features, targets)


network = make_network()
compiled(network, 0.1)
network.fit(features, targets)
