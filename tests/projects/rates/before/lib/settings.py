"""An object with a schedule and a number."""
from .plans import schedule_of


class Settings:
    def __init__(self):
        self.rate = schedule_of(10)
        self.momentum = 0.9


settings = Settings()
