import lib.plans as plans
import tensorflow as tf
from lib import WarmUp, schedule
from lib.again import longer
from lib.plans import LATE, Plan, number, scaled

from .numbers import RATE


def fit(rate):
    network = make_network()
    network.compile(tf.keras.optimizers.SGD(rate), loss="mse")
    network.fit(features, targets)


first = make_network()
first.compile(tf.keras.optimizers.Adam(schedule(100)), loss="mse")
second = make_network()
second.compile(tf.keras.optimizers.Adam(learning_rate=WarmUp(0.1, 50)), loss="mse")
third = make_network()
third.compile(tf.keras.optimizers.SGD(LATE), loss="mse")
fourth = make_network()
fourth.compile(tf.keras.optimizers.SGD(longer(10)), loss="mse")
plan = Plan(10)
fifth = make_network()
fifth.compile(tf.keras.optimizers.SGD(plan.build()), loss="mse")
sixth = make_network()
sixth.compile(tf.keras.optimizers.SGD(plan.late), loss="mse")
seventh = make_network()
seventh.compile(tf.keras.optimizers.SGD(plan.rate), loss="mse")
seventh.fit(features, targets)
eighth = make_network()
eighth.compile(tf.keras.optimizers.SGD(number(10), momentum=RATE), loss="mse")
eighth.fit(features, targets)
ninth = make_network()
ninth.compile(tf.keras.optimizers.SGD(scaled()), loss="mse")
tenth = make_network()
tenth.compile(tf.keras.optimizers.SGD(plans.scaled), loss="mse")
fit(plans.make_schedule(3))
