from optimizers import SHARED

print(sorted(SHARED))
