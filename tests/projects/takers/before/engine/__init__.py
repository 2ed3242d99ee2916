from .adversarial import Duel
from .loops import descend as run_loop
