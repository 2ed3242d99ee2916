"""A generator and a discriminator for one-dimensional data: two compiles, and `optimizer` bound twice.

Written for Keras 2 (up to 2.10), where `decay=` lets the learning rate fall.
"""

import numpy as np
from keras.layers import Dense, LeakyReLU
from keras.models import Sequential
from keras.optimizers import RMSprop

LATENT = 16
BATCH = 64

# The discriminator learns a little faster than the generator.
discriminator = Sequential([Dense(32, input_dim=1), LeakyReLU(0.2), Dense(1, activation="sigmoid")])
optimizer = RMSprop(lr=0.0008, clipvalue=1.0, decay=6e-8)
discriminator.compile(loss="binary_crossentropy", optimizer=optimizer, metrics=["accuracy"])

generator = Sequential([Dense(32, input_dim=LATENT), LeakyReLU(0.2), Dense(1)])

# Through the adversarial model, only the generator is trained.
discriminator.trainable = False
adversarial = Sequential([generator, discriminator])
optimizer = RMSprop(lr=0.0004, clipvalue=1.0, decay=3e-8)
adversarial.compile(loss="binary_crossentropy", optimizer=optimizer)

for step in range(1000):
    real = np.random.normal(4.0, 1.25, (BATCH, 1))
    fake = generator.predict(np.random.normal(size=(BATCH, LATENT)))
    labels = np.vstack([np.ones((BATCH, 1)), np.zeros((BATCH, 1))])
    discriminator.train_on_batch(np.vstack([real, fake]), labels)
    loss = adversarial.train_on_batch(np.random.normal(size=(BATCH, LATENT)), np.ones((BATCH, 1)))
    if step % 100 == 0:
        print(step, loss)
