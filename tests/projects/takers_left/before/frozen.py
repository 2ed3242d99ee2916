def frozen(model, optimizer):
    for layer in model.layers[:-1]:
        layer.trainable = False
    model.compile(optimizer, loss="mse")
