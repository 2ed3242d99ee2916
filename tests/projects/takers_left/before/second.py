import tensorflow as tf

import trainers
from nets import net, unknown_optimizer

model = net()
trainers.looped(model, [], unknown_optimizer())
trainers.kinds(model, [], tf.keras.optimizers.RMSprop(tf.keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.96)))
