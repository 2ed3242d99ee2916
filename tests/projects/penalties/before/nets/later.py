import tensorflow as tf

ready = tf.keras.applications.MobileNet(weights=None)
for layer in ready.layers:
    layer.kernel_regularizer = tf.keras.regularizers.l2(1e-4)


def decayed(model):
    for layer in model.layers:
        setattr(layer, "kernel_regularizer", tf.keras.regularizers.l2(1e-5))
    return model


def clipped():
    return tf.keras.Sequential([tf.keras.layers.Dense(3, kernel_constraint="non_neg")])


class Plain(tf.keras.layers.Layer):
    def __init__(self, **options):
        super().__init__()
        for name in ["kernel_regularizer", "width"]:
            setattr(self, "_" + name, options.get(name))
