"""The list of engines."""
