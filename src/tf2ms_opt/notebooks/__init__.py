"""Jupyter notebooks: their code as one Python text, and the way back into the file."""
