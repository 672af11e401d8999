"""What is peculiar to jobs that start from a file of Gaussians or points."""

from __future__ import annotations

from . import runtime

CLOUD_ENGINE = "splat"  # where none that takes clouds was chosen
SUFFIXES = (".ply",)
UPS = (
    ("auto", "Automatic", "As the file says; −Y, as captures have it, where it says nothing and holds Gaussians"),
    ("+Z", "+Z", "As in Blender"),
    ("-Z", "−Z", "Upside down"),
    ("+Y", "+Y", "As in OpenGL, glTF and most generators"),
    ("-Y", "−Y", "As in COLMAP and most captures"),
)
KINDS = (
    ("mesh", "Mesh", "A closed, coloured mesh, made by Maquette's backend"),
    ("splats", "Splat Preview", "Every Gaussian as a small coloured ellipsoid, with all its numbers as attributes"),
    ("points", "Points", "Every Gaussian as a coloured point, with all its numbers as attributes"),
)


METHODS = (
    ("poisson", "Poisson", "One closed, smooth skin through everything: the best for most"),
    ("opacity", "Opacity Field", "Where the Gaussians together are dense enough, as DreamGaussian has it"),
    ("carve", "Carve", "What no view from outside denies: keeps flat sides and sharp edges, needs Gaussians"),
)


def of_clouds(engine: str) -> bool:
    """Whether the engine of that id takes clouds and no pictures; as listed by the backend, once it was started."""
    session = runtime.current()
    for info in session.engines if session is not None else ():
        if info.id == engine:
            return "cloud" in info.inputs and not {"image", "views"} & set(info.inputs)
    return engine == CLOUD_ENGINE
