import tensorflow as tf

import given
from network import Regressor


def build_model(learning_rate=0.001):
    model = Regressor(seed=6)
    optimizer = tf.keras.optimizers.RMSprop(learning_rate, momentum=0.5, centered=True)
    model.compile(loss='mse', optimizer=optimizer, metrics=['mae', 'mse'])
    return model


train_x, train_y = given.numbers(48, seed=14)
test_x, test_y = given.numbers(20, seed=15)

model = build_model()
history = model.fit(train_x, train_y, epochs=40, batch_size=16, validation_split=0.25, shuffle=False, verbose=0)

loss, mae, mse = model.evaluate(test_x, test_y, verbose=0)
print("Testing set Mean Abs Error: {:5.2f}".format(mae))
test_predictions = model.predict(test_x).flatten()
error = test_predictions - test_y
print('largest error', abs(error).max())
given.report(history.history['loss'], val_mae=history.history['val_mae'], tested=[loss, mae, mse],
             predicted=test_predictions)
