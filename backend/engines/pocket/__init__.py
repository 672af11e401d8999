"""Pocket: our own small network, image → coloured signed distance field, in NumPy."""
