import tensorflow as tf


def descend(net: tf.keras.Model, batches, opt: "tf.keras.optimizers.Optimizer"):
    for x, y in batches:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(net(x, training=True) - y))
        grads = tape.gradient(loss, net.trainable_variables)
        opt.apply_gradients(zip(grads, net.trainable_variables))


def compiled(model, optimizer, x, y):
    model.compile(optimizer=optimizer, loss="mse")
    return model.fit(x, y, epochs=2)


if __name__ == "__main__":
    from nets import regressor

    net = regressor()
    descend(net, [], tf.keras.optimizers.Adam())
