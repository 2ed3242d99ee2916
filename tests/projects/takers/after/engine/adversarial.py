from mindspore import ops, value_and_grad
from .tf2ms_runtime import BinaryCrossentropy, to_tensor

cross_entropy = BinaryCrossentropy(from_logits=True)


class Duel:
    """Two networks, each with an optimizer of its own."""

    def __init__(self, artist, critic, *, artist_optimizer, critic_optimizer):
        self.artist = artist
        self.critic = critic
        self.artist_optimizer = artist_optimizer
        self.critic_optimizer = critic_optimizer

    def round(self, noise, images):
        self.critic.set_train()
        self.artist.set_train()
        noise = to_tensor(noise)
        def forward():
            answers = self.critic(self.artist(noise))
            loss = cross_entropy(labels=ops.ones_like(answers), logits=answers)
            return loss
        loss, grads = value_and_grad(forward, None, self.artist_optimizer.parameters)()
        self.artist_optimizer(grads)
        self.critic.set_train()
        images = to_tensor(images)
        def forward_2():
            answers = self.critic(images)
            loss = cross_entropy(labels=ops.ones_like(answers), logits=answers)
            return loss
        loss, grads = value_and_grad(forward_2, None, self.critic_optimizer.parameters)()
        self.critic_optimizer(grads)
