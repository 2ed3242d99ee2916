import keras
optimizer = keras.optimizers.RMSprop(1e-3)
net.compile(optimizer=optimizer, loss="mse")
optimizer.learning_rate.assign(optimizer.learning_rate / 10# a tenth
)
