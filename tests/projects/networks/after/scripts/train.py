from pkg import Net, build_model, plain_model
from pkg.nets import regular
from tensorflow.keras.regularizers import l2
from mindspore import nn, ops
from tf2ms_runtime import MeanSquaredError, Trainer

model = build_model()
optimizer = nn.RMSProp(model.trainable_params(), learning_rate=1e-3, decay=0.9, epsilon=1e-07)
for mean_square in optimizer.ms:  # Keras starts this average at 0, MindSpore at 1
    mean_square.set_data(ops.zeros_like(mean_square))
model_trainer = Trainer(model, optimizer=optimizer, loss_fn=MeanSquaredError())
model_trainer.fit(features, targets)

net = Net()
optimizer_2 = nn.SGD(net.trainable_params(), learning_rate=1e-3)
net_trainer = Trainer(net, optimizer=optimizer_2, loss_fn=MeanSquaredError())
net_trainer.fit(features, targets)

bare = plain_model()
optimizer_3 = nn.SGD(bare.trainable_params(), learning_rate=1e-3)
bare_trainer = Trainer(bare, optimizer=optimizer_3, loss_fn=MeanSquaredError())
bare_trainer.fit(features, targets)

given = regular(l2(1e-4))
optimizer_4 = nn.SGD(given.trainable_params(), learning_rate=1e-3)
given_trainer = Trainer(given, optimizer=optimizer_4, loss_fn=MeanSquaredError())
given_trainer.fit(features, targets)

without = regular(None)
optimizer_5 = nn.SGD(without.trainable_params(), learning_rate=1e-3)
without_trainer = Trainer(without, optimizer=optimizer_5, loss_fn=MeanSquaredError())
without_trainer.fit(features, targets)
