# The optimizer and the network go to the function that steps them, and a helper takes the network by another name.
import given
import tensorflow as tf
from network import Regressor


def train_step(net, rule, inputs, targets):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.math.squared_difference(net(inputs)[:, 0], targets))
        loss += 0.01 * tf.add_n([tf.nn.l2_loss(weight) for weight in net.trainable_variables])
    gradients = tape.gradient(loss, net.trainable_variables)
    rule.apply_gradients(zip(gradients, net.trainable_variables))
    return loss


def error(network, inputs, targets):
    return tf.reduce_mean(tf.maximum(tf.abs(network(inputs)[:, 0] - targets), 0.1))


x, y = given.numbers(40, seed=6)
model = Regressor(seed=2)
rmsprop = tf.keras.optimizers.RMSprop(1e-3, momentum=0.5, centered=True)
losses, errors, total = [], [], 0.0
for epoch in range(30):
    for start in range(0, len(x), 16):
        loss = train_step(model, rmsprop, x[start:start + 16], y[start:start + 16])
        total += loss
        losses.append(float(loss))
    errors.append(float(error(model, x, y)))
    print(f"epoch {epoch}: {loss:.3f} of {total:.2f}, error {errors[-1]:.3f}")
given.report(losses, errors=errors)
