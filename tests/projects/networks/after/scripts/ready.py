from pkg.nets import *
from pkg.optim import make
from tf2ms_runtime import MeanSquaredError, Trainer

trainer = Trainer(ready, optimizer=make(ready.trainable_params(), 0.1), loss_fn=MeanSquaredError())
trainer.fit(features, targets)
