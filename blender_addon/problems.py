"""What can go wrong on Blender's side, by name: one sentence and the way to mend it. No bpy."""

from __future__ import annotations

from .words import shown


class Problem(Exception):
    """``code`` is stable; ``sentence`` and ``fix`` are what the user reads (as in ``link.Failure``)."""

    code = "internal"

    def __init__(self, sentence: str, fix: str):
        self.sentence, self.fix = shown(sentence), shown(fix)
        super().__init__(f"{self.sentence} {self.fix}")


class UnreadableImage(Problem):
    code = "unreadable_image"


class UnreadableFile(Problem):
    code = "unreadable_file"


class ImageTooLarge(Problem):
    code = "image_too_large"


class MissingFolder(Problem):
    code = "missing_folder"


class NothingToRun(Problem):
    """The user has not chosen a picture, a text or an object yet."""

    code = "bad_request"


class NoSuchPlace(Problem):
    """The scene's or the caller's numbers name no point in space."""

    code = "bad_request"


class NoPython(Problem):
    code = "no_python"


class UnusableResult(Problem):
    """The backend's arrays do not make a mesh."""

    code = "unusable_result"
