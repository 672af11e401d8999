"""What can go wrong for a user, by name. Each error is one sentence and the way to mend it.

Raise these wherever the cause is understood; ``jobs`` turns them into a ``Failure`` and anything else into
``internal`` with the log's path. Standard library only.
"""

from __future__ import annotations


class JobError(Exception):
    """``code`` is stable (tests and translations key on it); ``sentence`` and ``fix`` are what the user reads."""

    code = "internal"

    def __init__(self, sentence: str, fix: str):
        super().__init__(f"{sentence} {fix}")
        self.sentence = sentence
        self.fix = fix


class Cancelled(JobError):
    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("Cancelled.", "Press Generate to start again.")


class BadRequest(JobError):
    code = "bad_request"


class UnreadableImage(JobError):
    code = "unreadable_image"


class ImageTooLarge(JobError):
    code = "image_too_large"


class UnreadableCloud(JobError):
    """A file of points or Gaussians that is none, lacks something, or is broken."""

    code = "unreadable_cloud"


class EmptyCloud(JobError):
    """No point, or none that counts, is in the file or the arrays."""

    code = "empty_cloud"


class EmptyMask(JobError):
    """Nothing of the picture is left after the cut-out."""

    code = "empty_mask"


class InputNotTaken(JobError):
    """The engine takes no such input (a prompt for an image engine, say)."""

    code = "input_not_taken"


class UnknownEngine(JobError):
    code = "unknown_engine"


class BadWeights(JobError):
    """Missing, truncated or foreign weights."""

    code = "bad_weights"


class EmptySurface(JobError):
    """The field never crosses its level: there is nothing to mesh."""

    code = "empty_surface"


class UnsupportedShape(JobError):
    """The engine made a kind of shape that no mesh can be made of."""

    code = "unsupported_shape"


class DiskFull(JobError):
    code = "disk_full"


class MissingFolder(JobError):
    code = "missing_folder"


class OutOfMemory(JobError):
    code = "out_of_memory"


class BadRuntime(JobError):
    """The environment of the GPU engines is missing or broken."""

    code = "bad_runtime"
