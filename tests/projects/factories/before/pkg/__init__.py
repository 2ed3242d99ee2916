from .optim import build_optimizer
