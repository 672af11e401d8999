"""Maquette's backend: image or text → Shape → mesh. Plain Python and NumPy; never imports bpy."""

__version__ = "0.1.0"
