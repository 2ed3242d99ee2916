import tensorflow_addons as tfa
net.compile(
    optimizer=tfa.optimizers.ProximalAdagrad(
        l2_regularization_strength=0.01, name# why
="ProximalAdagrad", decay=0.0,
    ),
)
