BASE = 1e-3
