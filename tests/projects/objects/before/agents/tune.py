"""A function that gets an object whose class is not told, in a file that imports one."""
from .taped import Slowed


def slower(agent):
    agent.slow.learning_rate.assign(agent.slow.learning_rate / 2)
