"""Where a job's pixels come from. Read when the job's turn comes, so that a long queue holds no pixels."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

import bpy
import numpy as np

from .link import Picture, Request
from .pictures import read_datablock, read_file
from .problems import UnreadableImage
from .scan import scan


@dataclass(frozen=True)
class FileSource:
    """A picture file; ``path`` is absolute, so that a saved queue still finds it."""

    path: str

    def fill(self, request: Request) -> Request:
        """The request with its pixels. Raises UnreadableImage."""
        return replace(request, images=(Picture(read_file(self.path)),))

    def release(self) -> None:
        """Nothing is held."""


class ImageSource:
    """An image open in Blender, as it was when the button was pressed, for so many ``jobs``. Raises UnreadableImage."""

    def __init__(self, image: bpy.types.Image, jobs: int = 1):
        self._name, self._uid = image.name, image.session_uid
        self._jobs = jobs
        self._pixels: np.ndarray | None = read_datablock(image)

    def fill(self, request: Request) -> Request:
        if self._pixels is None:  # run a second time: the image as it is now
            images = list(bpy.data.images)
            image = next((image for image in images if image.session_uid == self._uid), bpy.data.images.get(self._name))
            if image is None:
                raise UnreadableImage(f"The image “{self._name}” is no longer open.", "Choose the picture again.")
            self._pixels = read_datablock(image)
        return replace(request, images=(Picture(self._pixels),))

    def release(self) -> None:
        """Gives the pixels back once the last of the jobs has ended."""
        self._jobs -= 1
        if self._jobs <= 0:
            self._pixels = None


class NoSource:
    """For what needs no pixels of ours: a text, or a file that the backend reads itself."""

    def fill(self, request: Request) -> Request:
        return request

    def release(self) -> None:
        """Nothing is held."""


class ScanSource:
    """Objects as they stood when the button was pressed, seen from all around. ``names`` as ``names_of`` gives them.
    Raises NothingToRun.
    """

    def __init__(self, names: str, preset: str):
        self._names, self._preset = names, preset
        self._arrays: dict[str, np.ndarray] | None = self._scan()

    def fill(self, request: Request) -> Request:
        arrays = self._arrays if self._arrays is not None else self._scan()
        return replace(request, arrays=arrays)

    def release(self) -> None:
        """Gives the pictures back once the job has ended."""
        self._arrays = None

    def _scan(self) -> dict[str, np.ndarray]:
        return scan(_named(self._names), self._preset)


def names_of(things: Iterable[bpy.types.Object]) -> str:
    """What finds the objects again, also in another session: a linked one may have the name of a local one."""
    return json.dumps([_address(thing) for thing in things])


def _named(names: str) -> list[bpy.types.Object]:
    wanted = json.loads(names)
    return [thing for thing in bpy.data.objects if _address(thing) in wanted]


def _address(thing: bpy.types.Object) -> list[str]:
    return [thing.name, thing.library.filepath if thing.library else ""]


Source = FileSource | ImageSource | NoSource | ScanSource


def source_of(request: Request) -> Source:
    """The source a remembered request names. Raises UnreadableImage, NothingToRun where it is gone."""
    if "scanned" in request.options:
        return ScanSource(str(request.options["scanned"]), request.preset)
    if not request.source or request.file:
        return NoSource()
    if os.path.isabs(request.source):
        return FileSource(request.source)
    image = bpy.data.images.get(request.source)
    if image is None:
        raise UnreadableImage(f"The image “{request.source}” is no longer open.", "Choose the picture again.")
    return ImageSource(image)
