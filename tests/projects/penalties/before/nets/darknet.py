from functools import partial, wraps

from tensorflow.keras.layers import Conv2D, Input
from tensorflow.keras.models import Model
from tensorflow.keras.regularizers import l2

Pointwise = partial(Conv2D, kernel_size=1, kernel_regularizer=l2(5e-4))


@wraps(Conv2D)
def conv(*args, **kwargs):
    given = {"kernel_regularizer": l2(1e-3)}
    given.update(kwargs)
    return Conv2D(*args, **given)


def by_dictionary():
    image = Input((8, 8, 3))
    return Model(image, conv(4, 3)(image))


def by_partial():
    image = Input((8, 8, 3))
    return Model(image, Pointwise(4)(image))


def without():
    image = Input((8, 8, 3))
    return Model(image, Conv2D(4, 3)(image))


def both():
    image = Input((8, 8, 3))
    features = conv(4, 3)(image)
    return Model(image, features), Model(image, Pointwise(4)(features))
