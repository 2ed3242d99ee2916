"""Branches of Python on the step, which TensorFlow runs outside of tf.function alone."""

from keras.optimizers import SGD
from keras.optimizers.schedules import LearningRateSchedule


class Steps(LearningRateSchedule):
    def __init__(self, base, first=10, second=20):
        super().__init__()
        self.base = base
        self.first = first
        self.second = second

    def __call__(self, step):
        if step < self.first:
            return self.base * step / self.first
        elif step >= self.first and step < self.second:
            return self.base
        rate = self.base if step > 4000 else self.base * 0.5
        return max(1e-4, rate / (step * 0.5))


class Named(LearningRateSchedule):
    def __init__(self, base):
        self.base = base

    def __call__(self, step):
        count = step + 1
        if count < 100:
            rate = self.base
        elif count < 1000:
            rate = self.base * 0.1
        else:
            rate = self.base * 0.01
        return rate


class EarlyFirst(LearningRateSchedule):
    def __init__(self, base):
        self.base = base

    def __call__(self, step):
        if step < 10:
            rate = self.base * 0.5
            return rate
        else:
            factor = 0.25
        return self.base * factor


class EarlySecond(LearningRateSchedule):
    def __init__(self, base, first):
        self.base = base
        self.first = abs(int(first))
        self.second = min(int(first), 2.5)

    def __call__(self, step):
        if step < self.first:
            factor = self.second
        else:
            return self.base
        return self.base * factor


steps = Steps(0.1)
net.compile(optimizer=SGD(steps), loss="mse")
named = Named(0.1)
net.compile(optimizer=SGD(named), loss="mse")
early_first = EarlyFirst(0.1)
net.compile(optimizer=SGD(early_first), loss="mse")
early_second = EarlySecond(0.1, 20)
net.compile(optimizer=SGD(early_second), loss="mse")
