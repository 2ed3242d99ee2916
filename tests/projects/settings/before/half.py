from tensorflow.keras import backend as K

TYPE = "float16"
K.set_epsilon(1e-4)
