def compiled(model, optimizer, x, y):
    model.compile(optimizer, loss="mse")
    model.fit(x, y)


def returned(model, x, y, *, optimizer):
    model.compile(optimizer, loss="mse")
    model.fit(x, y)
    return model


class Kept:
    def __init__(self, model, optimizer):
        self.model = model
        self.model.compile(optimizer, loss="mse")

    def fit(self, x, y):
        self.model.fit(x, y)
