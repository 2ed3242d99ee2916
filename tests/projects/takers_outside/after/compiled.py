
from rates import slow
from mindspore import nn, ops, value_and_grad
from tf2ms_runtime import MeanSquaredError, Trainer, to_tensor

network = make_network()
rule = nn.Adam(network.trainable_params(), learning_rate=0.1, beta1=0.9, beta2=0.999, eps=1e-07)
trainer = Trainer(network, optimizer=rule, loss_fn=MeanSquaredError())
slow(rule, 0.01)
trainer.fit(features, targets)


def taped(model, batches):
    optimizer = nn.SGD(model.trainable_params(), learning_rate=0.1)
    for x, y in batches:
        y, x = to_tensor(y), to_tensor(x)
        def forward():
            loss = ops.mean(ops.square(model(x) - y))
            return loss
        loss, grads = value_and_grad(forward, None, optimizer.parameters)()
        optimizer(grads)
        slow(optimizer, 0.01)
