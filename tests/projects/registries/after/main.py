import registry
from builders import BUILDERS as builders
from builders import build
from tf2ms_runtime import MeanSquaredError, Trainer

first, second, third = make_networks()
first_trainer = Trainer(first, optimizer=build(first.trainable_params(), "adam"), loss_fn=MeanSquaredError())
first_trainer.fit(features, targets)
optimizer = registry.create(second.trainable_params(), "sgd", 0.1)
second_trainer = Trainer(second, optimizer=optimizer, loss_fn=MeanSquaredError())
second_trainer.fit(features, targets)
for name in builders.keys():
    print(name)
third_trainer = Trainer(third, optimizer=builders["rmsprop"](third.trainable_params(), 0.01), loss_fn=MeanSquaredError())
third_trainer.fit(features, targets)
