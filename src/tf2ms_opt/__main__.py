"""``python -m tf2ms_opt`` is the command line."""

from tf2ms_opt.cli import main

main()
