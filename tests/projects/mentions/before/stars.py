from nets import other
from optim import *

other.compile(starred(0.1), loss="mse")
