"""With a Dropout layer no two frameworks train alike; evaluate and predict leave it out."""
import given
import tensorflow as tf
from network import DropoutRegressor

x, y = given.numbers(40)
model = DropoutRegressor()
model.compile(optimizer=tf.keras.optimizers.RMSprop(learning_rate=0.0), loss="mse", metrics=["mae"])
history = model.fit(x, y, epochs=3, batch_size=8, shuffle=False, verbose=0, validation_data=(x, y))
loss, mae = model.evaluate(x, y, verbose=0)
given.report(history.history["val_loss"], evaluated=[loss, mae], predicted=model.predict(x, verbose=0),
             dropped=[abs(one - loss) > 1e-3 * loss for one in history.history["loss"]])
