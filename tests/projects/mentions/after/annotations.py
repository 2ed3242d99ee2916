import optim
from nets import net
from optim import annotated
from tf2ms_runtime import MeanSquaredError, Trainer


def use(first: annotated, *, second: "annotated" = None, third: dict[str, optim.annotated] = None) -> annotated:
    fourth: annotated | None = None
    trainer = Trainer(net, optimizer=annotated(net.trainable_params(), 0.1), loss_fn=MeanSquaredError())
