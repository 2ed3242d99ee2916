import tensorflow as tf

cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)


class Duel:
    """Two networks, each with an optimizer of its own."""

    def __init__(self, artist, critic, *, artist_optimizer, critic_optimizer):
        self.artist = artist
        self.critic = critic
        self.artist_optimizer = artist_optimizer
        self.critic_optimizer = critic_optimizer

    def round(self, noise, images):
        with tf.GradientTape() as tape:
            answers = self.critic(self.artist(noise, training=True), training=True)
            loss = cross_entropy(tf.ones_like(answers), answers)
        grads = tape.gradient(loss, self.artist.trainable_variables)
        self.artist_optimizer.apply_gradients(zip(grads, self.artist.trainable_variables))
        with tf.GradientTape() as tape:
            answers = self.critic(images, training=True)
            loss = cross_entropy(tf.ones_like(answers), answers)
        grads = tape.gradient(loss, self.critic.trainable_variables)
        self.critic_optimizer.apply_gradients(zip(grads, self.critic.trainable_variables))
