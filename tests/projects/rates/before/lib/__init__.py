from .plans import WarmUp, make_schedule as schedule
