"""It sets something, and has nothing to do with the optimizer."""

import keras

keras.backend.set_floatx("float16")
