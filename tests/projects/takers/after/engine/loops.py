import tensorflow as tf
from mindspore import nn, ops, value_and_grad
from tf2ms_runtime import MeanSquaredError, Trainer, to_tensor


def descend(net: tf.keras.Model, batches, opt: "tf.keras.optimizers.Optimizer"):
    for x, y in batches:
        net.set_train()
        y, x = to_tensor(y), to_tensor(x)
        def forward():
            loss = ops.mean(ops.square(net(x) - y))
            return loss
        loss, grads = value_and_grad(forward, None, opt.parameters)()
        opt(grads)


def compiled(model, optimizer, x, y):
    trainer = Trainer(model, optimizer=optimizer, loss_fn=MeanSquaredError())
    return trainer.fit(x, y, epochs=2)


if __name__ == "__main__":
    from nets import regressor

    net = regressor()
    descend(net, [], nn.Adam(net.trainable_params(), learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-07))
