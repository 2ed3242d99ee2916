"""What another file gives, once more."""
from . import schedule


def longer(steps):
    return schedule(2 * steps)
