"""Image → 3D: Pocket's network in PyTorch, its losses and its training. Not in the zip."""
