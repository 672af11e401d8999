"""Scripts that ``build.py`` runs with an environment's own Python, where NumPy or Blender is at hand."""
