"""How good the meshes are: the benchmark protocol, its baselines, and pictures to look at. Not in the zip."""
