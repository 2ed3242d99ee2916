"""Train with compile and fit: the best weights are kept, and training stops when it no longer gets better."""

from tensorflow import keras

import data
import network
from config import Config
from optimizers import make_optimizer


def train(config):
    (features, labels), held_out = data.load(config)
    model = network.build(config)
    model.compile(
        optimizer=make_optimizer(config),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = model.fit(
        features,
        labels,
        validation_data=held_out,
        batch_size=config.batch_size,
        epochs=config.epochs,
        shuffle=False,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping("val_loss", patience=config.patience),
            keras.callbacks.ModelCheckpoint("best.weights.h5", "val_loss", save_best_only=True, save_weights_only=True),
        ],
    )
    return history.history


if __name__ == "__main__":
    history = train(Config())
    for epoch, (loss, held_out) in enumerate(zip(history["loss"], history["val_loss"]), 1):
        print(f"epoch {epoch:2}  loss {loss:.5f}  held out {held_out:.5f}")
