import tensorflow as tf
def step(model, opt, x, y):
    with tf.GradientTape() as tape:
        \
loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
    opt.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
opt = tf.keras.optimizers.SGD(0.1)
step(net, opt, x, y)
