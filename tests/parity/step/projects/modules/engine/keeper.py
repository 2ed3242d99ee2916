import tensorflow as tf


class Keeper:
    """Keeps a network, its optimizer and its loss."""

    def __init__(self, model, optimizer, loss_fn):
        self.model = model
        self.optimizer = optimizer
        self.loss_fn = loss_fn
        self.seen = tf.keras.metrics.Mean()

    @tf.function
    def step(self, features, labels):
        with tf.GradientTape() as tape:
            loss = self.loss_fn(labels, self.model(features, training=True))
        gradients = tape.gradient(loss, self.model.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables))
        self.seen(loss)

    def run(self, batches, epochs):
        losses = []
        for _ in range(epochs):
            self.seen.reset_state()
            for features, labels in batches():
                self.step(features, labels)
            losses.append(float(self.seen.result()))
        return losses
