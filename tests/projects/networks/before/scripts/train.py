import tensorflow as tf
from pkg import Net, build_model, plain_model
from pkg.nets import regular
from tensorflow.keras.regularizers import l2

model = build_model()
model.compile(tf.keras.optimizers.RMSprop(1e-3), loss="mse")
model.fit(features, targets)

net = Net()
net.compile(tf.keras.optimizers.SGD(1e-3), loss="mse")
net.fit(features, targets)

bare = plain_model()
bare.compile(tf.keras.optimizers.SGD(1e-3), loss="mse")
bare.fit(features, targets)

given = regular(l2(1e-4))
given.compile(tf.keras.optimizers.SGD(1e-3), loss="mse")
given.fit(features, targets)

without = regular(None)
without.compile(tf.keras.optimizers.SGD(1e-3), loss="mse")
without.fit(features, targets)
