"""The parity lab: runs the original optimizer and the emitted one on the same gradients, and measures the deviation."""
