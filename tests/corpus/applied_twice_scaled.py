import tensorflow as tf
from nets import net
inner = tf.keras.optimizers.RMSprop(lr=1e-3)
optimizer = tf.keras.mixed_precision.LossScaleOptimizer(inner, dynamic=False, initial_scale=1024.0)
def step(x, y):
    with tf.GradientTape() as tape:
        scaled = optimizer.get_scaled_loss(loss)
    gradients = tape.gradient(scaled, net.trainable_variables)
    optimizer.apply_gradients(zip(gradients, net.trainable_variables))
    optimizer.apply_gradients(zip(gradients, net.trainable_variables))
