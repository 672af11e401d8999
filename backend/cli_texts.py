"""Texts on the command line: one a line of a file, each with an output that its number and words name."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from .errors import BadRequest

LARGEST = 4 << 20  # bytes of a file of texts
LONGEST = 40  # characters of a file's name that come from the text


def read_texts(path: Path) -> list[str]:
    """The lines of a UTF-8 file that are neither empty nor begin with #. Raises BadRequest where there are none."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadRequest(f"“{path}” is larger than {LARGEST >> 20} MiB.", "Split it.")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadRequest(f"“{path}” cannot be read: {reason}.", "Name a text file with one text a line.") from None
    except ValueError:
        raise BadRequest(f"“{path}” is no text in UTF-8.", "Save it as UTF-8.") from None
    texts = [line.strip() for line in lines]
    texts = [text for text in texts if text and not text.startswith("#")]
    if not texts:
        raise BadRequest(f"There are no texts in “{path}”.", "Write one a line.")
    return texts


def file_names(texts: list[str], suffix: str) -> list[str]:
    """001_a_red_chair.glb and so on: in order, telling, safe on every system, and different."""
    digits = max(3, len(str(len(texts))))
    return [f"{i:0{digits}}{_words(text)}{suffix}" for i, text in enumerate(texts, 1)]


def title_of(text: str) -> str:
    """A text as the name of what it becomes: one line, not too long, without what a terminal would obey."""
    line = " ".join("".join(c if unicodedata.category(c) != "Cc" else " " for c in text).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text[: 4 * LONGEST]).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST].rstrip("_")
    return "_" + words if words else ""
