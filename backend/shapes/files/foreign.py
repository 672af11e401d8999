"""Names for files that are no .ply, and what makes one of them."""

from __future__ import annotations

from pathlib import Path

from ...errors import UnreadableCloud

_SPLAT = "Open it in SuperSplat (superspl.at/editor) and export it as a .ply."
_SCAN = "Open it in CloudCompare and save it as a .ply."
_MESH = "Import it with Blender's own importer, or save it as a .ply."
_BY_SUFFIX = {
    ".splat": ("a .splat file of Gaussians", _SPLAT),
    ".ksplat": ("a .ksplat file of Gaussians", "Convert it to .ply with the viewer it was made for."),
    ".spz": ("a .spz file of compressed Gaussians", _SPLAT),
    ".sog": ("a .sog file of compressed Gaussians", _SPLAT),
    ".las": ("a laser scan", _SCAN),
    ".laz": ("a laser scan", _SCAN),
    ".e57": ("a laser scan", _SCAN),
    ".pcd": ("a cloud of the Point Cloud Library", _SCAN),
    ".pts": ("a scan in text", _SCAN),
    ".xyz": ("a scan in text", _SCAN),
    ".glb": ("a glTF scene", _MESH),
    ".gltf": ("a glTF scene", _MESH),
    ".obj": ("a Wavefront mesh", _MESH),
    ".stl": ("a mesh", _MESH),
    ".fbx": ("an FBX scene", _MESH),
}
_BY_MAGIC = {
    b"\x1f\x8b": ("compressed (gzip; perhaps .spz)", "Unpack it, or open it in SuperSplat and export it as a .ply."),
    b"PK\x03\x04": ("an archive (zip; perhaps .sog)", "Unpack it, or open it in SuperSplat and export it as a .ply."),
    b"glTF": _BY_SUFFIX[".glb"],
    b"LASF": _BY_SUFFIX[".las"],
    b"ASTM": _BY_SUFFIX[".e57"],
    b"version ": ("no cloud but a pointer left by Git LFS", "Fetch the file itself with “git lfs pull”."),
    b"<": ("a web page", "Download the file itself."),
}


def foreign(path: Path, begin: bytes) -> UnreadableCloud:
    """The error for a file that begins with ``begin`` and not as a .ply does."""
    if not begin:
        return UnreadableCloud(f"“{path.name}” is empty.", "Copy, download or export it again.")
    by_magic = next((known for magic, known in _BY_MAGIC.items() if begin.startswith(magic)), None)
    what, fix = (
        _BY_SUFFIX.get(path.suffix.lower())  # a .sog is a zip too: its name says more
        or by_magic
        or ("no .ply", "Choose a .ply of Gaussians or points.")
    )
    return UnreadableCloud(f"“{path.name}” is {what}.", fix)
