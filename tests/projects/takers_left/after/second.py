
import trainers
from nets import net, unknown_optimizer
from mindspore import nn, ops

model = net()
trainers.looped(model, [], unknown_optimizer())
optimizer = nn.RMSProp(model.trainable_params(), learning_rate=nn.ExponentialDecayLR(learning_rate=0.1, decay_steps=1000, decay_rate=0.96), decay=0.9, epsilon=1e-07)
for mean_square in optimizer.ms:  # Keras starts this average at 0, MindSpore at 1
    mean_square.set_data(ops.zeros_like(mean_square))
trainers.kinds(model, [], optimizer)
