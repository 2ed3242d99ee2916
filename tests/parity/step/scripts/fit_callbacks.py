import tensorflow as tf
from tensorflow.keras.callbacks import EarlyStopping, ReduceLROnPlateau

import given
import network

EPOCHS = 200
BATCH_SIZE = 8

features, prices = given.numbers(60)

model = network.Regressor(seed=2)
model.compile(
    optimizer=tf.keras.optimizers.RMSprop(1e-3, centered=True, momentum=0.5),
    loss="mse",
    metrics=["mse", "mae"],
)

early_stop = EarlyStopping(monitor="val_loss", patience=6, restore_best_weights=True)
reduce_lr = ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=2, min_lr=1e-5, verbose=1)

history = model.fit(
    features,
    prices,
    epochs=EPOCHS,
    batch_size=BATCH_SIZE,
    shuffle=False,
    validation_split=0.2,
    callbacks=[early_stop, reduce_lr],
    verbose=0,
)
hist = history.history
print("stopped after", len(hist["loss"]), "epochs")
results = model.evaluate(features, prices, verbose=0)
given.report(
    hist["loss"],
    val_loss=hist["val_loss"],
    mae=hist["mae"],
    val_mae=hist["val_mae"],
    rates=hist["learning_rate"],
    evaluated=results,
    stopped=[early_stop.stopped_epoch, len(hist["loss"])],
    predicted=model.predict(features, verbose=0).flatten(),
)
