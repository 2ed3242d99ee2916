"""Train with compile and fit: the best weights are kept, and training stops when it no longer gets better."""


import data
import network
from config import Config
from optimizers import make_optimizer
from tf2ms_runtime import (
    Accuracy,
    EarlyStopping,
    ModelCheckpoint,
    SparseCategoricalCrossentropy,
    Trainer,
)


def train(config):
    (features, labels), held_out = data.load(config)
    model = network.build(config)
    trainer = Trainer(
        model,
        optimizer=make_optimizer(model.trainable_params(), config),
        loss_fn=SparseCategoricalCrossentropy(from_logits=True),
        metrics={"accuracy": Accuracy()},
        penalties=network.Penalty(model, config),
    )
    history = trainer.fit(
        features,
        labels,
        validation_data=held_out,
        batch_size=config.batch_size,
        epochs=config.epochs,
        shuffle=False,
        verbose=0,
        callbacks=[
            EarlyStopping("val_loss", patience=config.patience),
            ModelCheckpoint("best.weights.h5", "val_loss", save_best_only=True, save_weights_only=True),
        ],
    )
    return history.history


if __name__ == "__main__":
    history = train(Config())
    for epoch, (loss, held_out) in enumerate(zip(history["loss"], history["val_loss"]), 1):
        print(f"epoch {epoch:2}  loss {loss:.5f}  held out {held_out:.5f}")
