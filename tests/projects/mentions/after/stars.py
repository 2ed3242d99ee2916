from nets import other
from optim import *
from tf2ms_runtime import MeanSquaredError, Trainer

trainer = Trainer(other, optimizer=starred(other.trainable_params(), 0.1), loss_fn=MeanSquaredError())
