import given
import network
import numpy as np
import tensorflow as tf

initial_learning_rate = 0.002
lr_schedule = tf.keras.optimizers.schedules.ExponentialDecay(
    initial_learning_rate,
    decay_steps=25,
    decay_rate=0.9,
    staircase=True)

x, y = given.classes(60, seed=12)
y = np.eye(3)[y]

model = network.SoftmaxClassifier(1)
model.compile(optimizer=tf.keras.optimizers.RMSprop(learning_rate=lr_schedule, momentum=0.5, centered=True),
              loss='categorical_crossentropy',
              metrics=['accuracy'])

history = model.fit(x, y, epochs=30, batch_size=12, shuffle=False, verbose=0)
given.report(history.history['loss'], accuracy=history.history['accuracy'])
