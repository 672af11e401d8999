"""Pictures of shapes: cameras, and Gaussians seen through them.

``rasterise`` is the way in; ``gaussians_reference`` says in float64 what the answer is, ``gaussians`` computes it fast
with torch and lets gradients through. Nothing here imports torch before a torch rasteriser is asked for.
"""
