# The example of the comparison page, whose network is ported already, with more than one epoch.
import given
import tensorflow as tf
from network import Linear

# build model and instantiate RMSprop optimizer
model = Linear()

inputs = tf.constant([[1., 2., 3.], [3., 4., 5.]], dtype=tf.float32)
outputs = tf.constant([[0.5], [0.6]], dtype=tf.float32)

optim = tf.keras.optimizers.RMSprop(learning_rate=0.01)
loss = tf.keras.losses.MeanSquaredError()
model.compile(optimizer=optim, loss=loss)
history = model.fit(inputs, outputs, epochs=30, shuffle=False)

given.report(history.history["loss"], predicted=model.predict(inputs))
