import tensorflow as tf

cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def descend(net, opt, batches, epochs):
    losses = []
    for _ in range(epochs):
        for features, labels in batches():
            with tf.GradientTape() as tape:
                loss = cross_entropy(labels, net(features, training=True))
            gradients = tape.gradient(loss, net.trainable_variables)
            opt.apply_gradients(zip(gradients, net.trainable_variables))
            losses.append(float(loss))
    return losses
