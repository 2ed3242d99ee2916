"""Train the best weights a few steps further on the samples that were held out, by hand."""


import mindspore

import data
import network
from config import Config
from optimizers import make_optimizer
from mindspore import value_and_grad
from tf2ms_runtime import SparseCategoricalCrossentropy, to_tensor


def finetune(config):
    _, (features, labels) = data.load(config)
    model = network.build(config)
    mindspore.load_checkpoint("best.ckpt", model)
    optimizer = make_optimizer(model.trainable_params(), config)
    cross_entropy = SparseCategoricalCrossentropy(from_logits=True)
    losses = []
    for _ in range(config.steps):
        model.set_train()
        labels, features = to_tensor(labels), to_tensor(features)
        def forward():
            loss = cross_entropy(labels=labels, logits=model(features))
            return loss
        loss, gradients = value_and_grad(forward, None, optimizer.parameters)()
        optimizer(gradients)
        losses.append(float(loss))
    return losses


if __name__ == "__main__":
    for step, loss in enumerate(finetune(Config()), 1):
        print(f"step {step:2}  loss {float(loss):.5f}")
