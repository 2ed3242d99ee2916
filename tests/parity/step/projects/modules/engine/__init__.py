from .keeper import Keeper
from .loops import descend
