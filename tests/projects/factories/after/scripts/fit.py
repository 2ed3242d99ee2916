"""By an alias of what the package exports, and through a function of its own that another script calls."""
from pkg import build_optimizer as make
from pkg.models import build_model
import pkg.optim
from tf2ms_runtime import MeanAbsoluteError, MeanSquaredError, Trainer

model = build_model(config)
model_trainer = Trainer(model, optimizer=make(model.trainable_params(), "adam"), loss_fn=MeanSquaredError())  # the usual one
model_trainer.fit(x, y, epochs=3)


def again(params, lr):
    return pkg.optim.build_optimizer(params, "sgd", lr)


def other():
    net = build_model(config)
    opt = again(net.trainable_params(), 0.1)
    net_trainer = Trainer(net, loss_fn=MeanAbsoluteError(), optimizer=opt)
    net_trainer.fit(x, y)
