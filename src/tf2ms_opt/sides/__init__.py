"""The two ends of the parity lab: scripts for the interpreters that hold the frameworks, without imports of ours."""
