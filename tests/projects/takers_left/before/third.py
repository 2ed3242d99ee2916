import tensorflow as tf
from frozen import frozen
from nets import net

model = net()
frozen(model, optimizer=tf.keras.optimizers.RMSprop(1e-3))


import compilers

asked = net()
compilers.compiled(asked, tf.keras.optimizers.Adam(1e-3), 1, 2)
print(asked.evaluate(1, 2))
given = compilers.returned(net(), 1, 2, optimizer=tf.keras.optimizers.Adam(1e-3))
kept = compilers.Kept(asked, tf.keras.optimizers.Adam(1e-3))
kept.fit(1, 2)
kept.model.evaluate(1, 2)
