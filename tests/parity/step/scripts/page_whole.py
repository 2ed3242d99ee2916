# The comparison page's example from its first line to its last, whose network is ported already.
import given
import tensorflow as tf
from network import Linear

# build model and instantiate RMSprop optimizer
model = Linear()

inputs = tf.constant([[1., 2., 3.], [3., 4., 5.]], dtype=tf.float32)
outputs = tf.constant([[0.5], [0.6]], dtype=tf.float32)

optim = tf.keras.optimizers.RMSprop(learning_rate=0.001)
loss = tf.keras.losses.MeanSquaredError()
model.compile(optimizer=optim, loss=loss)
history = model.fit(inputs, outputs, epochs=15, shuffle=False)

logits = model(inputs)
loss = lambda: tf.keras.losses.mse(model(inputs), outputs)

# minimize method
losses = list(history.history["loss"])
for step in range(15):
    optim.minimize(loss, model.trainable_weights)
    losses.append(float(tf.reduce_mean(tf.keras.losses.mse(model(inputs), outputs))))

given.report(losses, logits=logits.numpy())
