"""The training step around an optimizer: what becomes of compile and fit, and of gradient tapes."""
