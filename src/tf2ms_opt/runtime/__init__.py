"""The parts of ``tf2ms_runtime.py``: read as text and written beside converted code, never imported by the program."""
