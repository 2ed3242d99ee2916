"""Where values come from and go to in one module, read from its syntax tree; nothing is executed or imported."""
