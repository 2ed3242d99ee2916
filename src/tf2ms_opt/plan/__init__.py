"""Decides what becomes of every site of a module, as edits and findings; it never edits anything itself."""
