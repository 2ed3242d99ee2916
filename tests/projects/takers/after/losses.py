
from engine.given import Task
from nets import artist, regressor
from mindspore import nn
from tf2ms_runtime import Huber, MeanSquaredError

network = regressor()
error = Huber(delta=0.5)
task = Task(network, nn.Adam(network.trainable_params(), learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-07), error, scale=2.0)
task.step(1, 2)
picture = artist()
second = Task(picture, nn.SGD(picture.trainable_params(), learning_rate=0.1), loss_fn=MeanSquaredError())
