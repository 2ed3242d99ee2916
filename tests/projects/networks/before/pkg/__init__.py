from .nets import Net, build_model
from .nets import plain as plain_model
