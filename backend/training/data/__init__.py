"""From meshes and grammar specimens to batches of training samples. Not in the zip."""
