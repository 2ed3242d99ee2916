"""A deep Q-learning agent that keeps its network in self.model.

The optimizer is written inside compile(), with the values of the DQN paper. Runs on TensorFlow 2.
"""

import random
from collections import deque

import numpy as np
from tensorflow import keras
from tensorflow.keras.optimizers import RMSprop


class Agent:
    """Learns the value of each action from remembered transitions."""

    def __init__(self, state_size, action_size, gamma=0.99):
        self.state_size = state_size
        self.action_size = action_size
        self.gamma = gamma
        self.learning_rate = 0.00025
        self.memory = deque(maxlen=10_000)
        self.model = self._build()

    def _build(self):
        return keras.Sequential([
            keras.layers.Dense(24, activation="relu", input_shape=(self.state_size,)),
            keras.layers.Dense(24, activation="relu"),
            keras.layers.Dense(self.action_size),
        ])

    def prepare(self):
        self.model.compile(
            loss="mse",
            optimizer=RMSprop(
                learning_rate=self.learning_rate,
                rho=0.95,  # a long memory for the squared gradients
                epsilon=0.01,
            ),
        )

    def replay(self, batch_size=32):
        states, actions, rewards, following, done = map(np.array, zip(*random.sample(self.memory, batch_size)))
        values = self.model.predict(states, verbose=0)
        best = self.model.predict(following, verbose=0).max(axis=1)
        values[np.arange(batch_size), actions] = rewards + self.gamma * best * (1 - done)
        self.model.fit(states, values, verbose=0)
