"""Pocket Text: a short English text → a coloured solid, by a small rectified-flow network in NumPy."""
