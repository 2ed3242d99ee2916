"""A task whose network its subclasses train."""
from .nets import build_model


class Task:
    def __init__(self):
        self.model = build_model()
