"""Reading pictures from files, outside Blender. Needs Pillow, which is imported only here and only when used."""

from __future__ import annotations

import re
import stat
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import ImageTooLarge, MissingFolder, UnreadableImage

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".tga", ".ppm")
MAX_PIXELS = 100_000_000  # 400 MB as 8-bit RGBA

_TO_8_BITS = 257.0  # 65535 / 255


def read_image(path: str | Path) -> np.ndarray:
    """The picture at ``path`` → (H, W, 4) uint8 sRGB, straight alpha, row 0 on top, turned as EXIF asks.

    Any depth, palette, grey and CMYK are converted; of an animation the first frame is taken. The size is
    checked before any pixel is decoded. Raises UnreadableImage and ImageTooLarge, naming the file.
    """
    path = Path(path)
    pillow = _pillow(path)
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # opening a pipe waits for ever, a device never ends
            raise UnreadableImage(f"“{path}” is a pipe or a device, not a file.", "Name a picture's file.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own bomb warning stands below our limit
            with pillow.open(path) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise ImageTooLarge(
                        f"“{path.name}” has {width} × {height} pixels; the limit is {MAX_PIXELS // 10**6} million.",
                        "Scale it down first; 2000 pixels across are plenty.",
                    )
                picture.seek(0)
                return _pixels(_upright(picture))
    except pillow.DecompressionBombError:
        raise ImageTooLarge(
            f"“{path.name}” has more than {MAX_PIXELS // 10**6} million pixels.",
            "Scale it down first; 2000 pixels across are plenty.",
        ) from None
    except (UnreadableImage, ImageTooLarge, MemoryError):
        raise
    except FileNotFoundError:
        raise UnreadableImage(f"There is no picture “{path}”.", "Check the path.") from None
    except IsADirectoryError:
        raise UnreadableImage(f"“{path}” is a folder, not a picture.", "Name a picture, or use batch.") from None
    except pillow.UnidentifiedImageError:
        raise UnreadableImage(
            f"“{path.name}” is not a picture that can be read.", f"Use one of {', '.join(SUFFIXES)}."
        ) from None
    except Exception as error:  # Pillow's decoders raise anything at all on broken files
        raise UnreadableImage(
            f"“{path.name}” is damaged or of an unknown kind ({str(error) or type(error).__name__}).",
            "Open it in a picture editor and save it again as PNG.",
        ) from error


def list_images(folder: str | Path, suffixes: tuple[str, ...] = SUFFIXES) -> list[Path]:
    """The readable pictures (or files of other ``suffixes``) straight in ``folder``, hidden ones left out, in the
    order a person counts: ``shot2`` before ``shot10``. Raises MissingFolder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFolder(f"There is no folder “{folder}”.", "Choose a folder that holds pictures.")
    found = [
        entry
        for entry in folder.iterdir()
        if entry.suffix.lower() in suffixes and not entry.name.startswith(".") and entry.is_file()
    ]
    return sorted(found, key=lambda entry: (_natural(entry.name), entry.name))


def _natural(name: str) -> list[tuple[int, int, str]]:
    pieces = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return [(0, int(piece), "") if piece[0] in "0123456789" else (1, 0, piece) for piece in pieces]


def _pillow(path: Path) -> ModuleType:
    try:
        from PIL import Image
    except ImportError:
        raise UnreadableImage(
            f"Reading “{path.name}” outside Blender needs the package Pillow, which is not installed.",
            "Run: python -m pip install pillow",
        ) from None
    return Image


def _upright(picture: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def _pixels(picture: Any) -> np.ndarray:
    """A Pillow picture of any mode → (H, W, 4) uint8."""
    if picture.mode.startswith(("I", "F")):  # 16 and 32 bits of grey; Pillow's own conversion would clip them
        grey = np.asarray(picture, np.float64)
        top = 1.0 if picture.mode == "F" and grey.max(initial=0) <= 1 else 65535.0
        level = np.rint(np.clip(np.nan_to_num(grey) / top, 0, 1) * 255).astype(np.uint8)
        return np.stack([level, level, level, np.full_like(level, 255)], -1)
    return np.array(picture.convert("RGBA"))
