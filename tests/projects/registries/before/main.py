import registry
from builders import BUILDERS as builders
from builders import build

first, second, third = make_networks()
first.compile(optimizer=build("adam"), loss="mse")
first.fit(features, targets)
optimizer = registry.create("sgd", 0.1)
second.compile(optimizer, loss="mse")
second.fit(features, targets)
for name in builders.keys():
    print(name)
third.compile(builders["rmsprop"](0.01), loss="mse")
third.fit(features, targets)
