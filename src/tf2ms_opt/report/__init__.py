"""Renderings of outcomes: for people, for machines, and as a patch.

They turn values into text; none of them reads, decides or converts.
"""
