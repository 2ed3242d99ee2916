from nets import fifth
from optim import defaulted


def use(build: object = defaulted):
    fifth.compile(build(0.1), loss="mse")
