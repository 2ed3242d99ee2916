import numpy as np
import tensorflow as tf

import given
from network import Discriminator, Generator

BATCH_SIZE = 24
NOISE_DIM = 4

generator = Generator()
discriminator = Discriminator()

cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_output, fake_output):
    real_loss = cross_entropy(tf.ones_like(real_output), real_output)
    fake_loss = cross_entropy(tf.zeros_like(fake_output), fake_output)
    total_loss = real_loss + fake_loss
    return total_loss


def generator_loss(fake_output):
    return cross_entropy(tf.ones_like(fake_output), fake_output)


generator_optimizer = tf.keras.optimizers.RMSprop(5e-4, momentum=0.5, centered=True)
discriminator_optimizer = tf.keras.optimizers.RMSprop(5e-4, momentum=0.5, centered=True)


@tf.function
def train_step(images, noise):
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated_images = generator(noise, training=True)

        real_output = discriminator(images, training=True)
        fake_output = discriminator(generated_images, training=True)

        gen_loss = generator_loss(fake_output)
        disc_loss = discriminator_loss(real_output, fake_output)

    gradients_of_generator = gen_tape.gradient(gen_loss, generator.trainable_variables)
    gradients_of_discriminator = disc_tape.gradient(disc_loss, discriminator.trainable_variables)

    generator_optimizer.apply_gradients(zip(gradients_of_generator, generator.trainable_variables))
    discriminator_optimizer.apply_gradients(zip(gradients_of_discriminator, discriminator.trainable_variables))
    return gen_loss, disc_loss


rng = np.random.RandomState(42)
data = (rng.randn(BATCH_SIZE, 2) * 0.3 + [2.0, -1.0]).astype(np.float32)
gen_losses, disc_losses = [], []
for step in range(120):
    noise = rng.normal(size=(BATCH_SIZE, NOISE_DIM)).astype(np.float32)
    g, d = train_step(data, noise)
    gen_losses.append(float(g))
    disc_losses.append(float(d))
    if step % 40 == 0:
        print(f"step {step}: g={g:.4f} d={d:.4f}")

given.report(disc_losses, generator=gen_losses)
