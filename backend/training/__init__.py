"""Making weights: data, losses, loops. Not in the zip."""
