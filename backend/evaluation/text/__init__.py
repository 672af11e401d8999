"""What Pocket Text is worth: held-out combinations of the grammar, asked for in words. Not in the zip."""
