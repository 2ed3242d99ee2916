from keras.optimizers import SGD, Adam
def chosen_by_branch(net, kind):
    if kind == "adam":
        optimizer_class = Adam
    else:
        optimizer_class = SGD
    net.compile(optimizer=optimizer_class
(0.1))
