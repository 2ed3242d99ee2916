"""Runs the command line: ``python -m tf2ms_opt``."""

import os
import sys

# `-m` puts the current directory first, which is the code to convert: a click.py in it is none of the program's modules
if sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109
    del sys.path[0]

from tf2ms_opt.cli import main

main()
