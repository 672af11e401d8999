"""Layers of our own networks in NumPy, through the fastest matrix product at hand; shared by the embedded engines."""
