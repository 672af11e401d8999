"""Where a job's pixels come from. Read when the job's turn comes, so that a long queue holds no pixels."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import bpy
import numpy as np

from .link import Picture, Request
from .pictures import read_datablock, read_file
from .problems import UnreadableImage


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
    """An image open in Blender, as it was when the button was pressed. Raises UnreadableImage."""

    def __init__(self, image: bpy.types.Image):
        self._name, self._uid = image.name, image.session_uid
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
        """Gives the pixels back once the job has ended."""
        self._pixels = None


class NoSource:
    """For what needs no pixels of ours: a text, or a file that the backend reads itself."""

    def fill(self, request: Request) -> Request:
        return request

    def release(self) -> None:
        """Nothing is held."""


Source = FileSource | ImageSource | NoSource


def source_of(request: Request) -> Source:
    """The source a remembered request names. Raises UnreadableImage where it is gone."""
    if not request.source or request.file:
        return NoSource()
    if os.path.isabs(request.source):
        return FileSource(request.source)
    image = bpy.data.images.get(request.source)
    if image is None:
        raise UnreadableImage(f"The image “{request.source}” is no longer open.", "Choose the picture again.")
    return ImageSource(image)
