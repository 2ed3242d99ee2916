"""Tell good film reviews from bad ones with a recurrent network.

The optimizer is only named: compile(optimizer="rmsprop") takes every default of Keras. Runs on TensorFlow 2.
"""

from tensorflow.keras import Sequential, layers
from tensorflow.keras.datasets import imdb
from tensorflow.keras.utils import pad_sequences

WORDS = 10_000  # the most frequent ones
LENGTH = 200    # of a review, in words

(reviews, labels), _ = imdb.load_data(num_words=WORDS)
reviews = pad_sequences(reviews, maxlen=LENGTH)

model = Sequential([
    layers.Embedding(WORDS, 32),
    layers.LSTM(32),
    layers.Dense(1, activation="sigmoid"),
])

# RMSprop suits recurrent networks; its defaults are good enough here.
model.compile(
    optimizer="rmsprop",
    loss="binary_crossentropy",  # two classes
    metrics=["acc"],
)
model.fit(reviews, labels, epochs=3, batch_size=128, validation_split=0.2)
