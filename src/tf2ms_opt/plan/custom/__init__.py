"""Learning-rate schedules that a file defines itself: a class on Keras' ``LearningRateSchedule``."""
