"""Turns the edits of a plan into text; the only package that imports libcst."""
