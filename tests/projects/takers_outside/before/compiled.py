import tensorflow as tf

from rates import slow

network = make_network()
rule = tf.keras.optimizers.Adam(0.1)
network.compile(rule, loss="mse")
slow(rule, 0.01)
network.fit(features, targets)


def taped(model, batches):
    optimizer = tf.keras.optimizers.SGD(0.1)
    for x, y in batches:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x) - y))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
        slow(optimizer, 0.01)
