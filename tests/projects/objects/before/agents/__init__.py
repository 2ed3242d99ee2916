from .taped import Taped
from .fitted import Fitted as Compiled
