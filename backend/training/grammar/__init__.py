"""Everyday things as coloured primitives, made by rule from a seed, with captions that are true of them.

``sample`` makes one, ``field`` measures it, ``mesh`` shows it; how to add a family: ``docs/grammar.md``. NumPy only.
"""
