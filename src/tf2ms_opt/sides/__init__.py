"""The two ends of the parity lab: scripts for the interpreters that hold the frameworks; they import nothing of ours."""
