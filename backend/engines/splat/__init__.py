"""Splats & Points: Gaussians, points and depth pictures that are there already → a mesh. No network."""
