from keras.optimizers import RMSprop
net = build()
net.compile(optimizer=(  # why
    RMSprop  # apart
    (0.1)), loss="mse")
