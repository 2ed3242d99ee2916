from tensorflow.keras.optimizers import SGD, Adam, RMSprop
def several_arguments(net, name, rate, epsilon):
    table = {"adam": Adam, "rmsprop": RMSprop}
    optimizer_class = table.get(name)
    net.compile(
        optimizer=optimizer_class(
            epsilon=epsilon,
        )
    )
    net.compile(optimizer=RMSprop(learning_rate=0.5, decay=1e-6), loss="mse")
