"""The SHA-256 that PyTorch's own index page tells of a file, for files whose hash the lock does not know.

A link there may end in ``#sha256=…`` (PyPA, "Simple repository API"). Page and file come from the same place, so that
this finds what was spoilt on its way or on a mirror, not what the publisher changed: the user is asked all the same.
"""

from __future__ import annotations

import contextlib
import http.client
import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from ...errors import Cancelled, JobError
from ..store.access import Access
from ..store.troubles import Hitch
from .lock import Wheel

LARGEST = 8 << 20  # bytes of a page; torch's has some thousand links
DIGEST = re.compile(r"sha256=([0-9a-fA-F]{64})")


def published_hash(wheel: Wheel, access: Access, say: Callable[[str], None], step: Callable[[], None]) -> str:
    """Hexadecimal SHA-256; "" where the page cannot be had or tells none, which ``say`` is told. ``step`` may raise."""
    url = f"{wheel.base}{wheel.index}/{wheel.name}/"
    page = bytearray()
    try:
        answer = access.open(access.address(url), {"Accept": "text/html"})
        try:
            while (piece := answer.read(1 << 16)) and len(page) <= LARGEST:
                page += piece
                step()
        finally:
            answer.close()
    except Cancelled:
        raise
    except (JobError, Hitch, OSError, ValueError, http.client.HTTPException) as error:
        told = error.error if isinstance(error, Hitch) else error
        why = told.sentence if isinstance(told, JobError) else type(told).__name__
        say(f"PyTorch's index page tells no hash of {wheel.file}: {why}")
        return ""
    found = hash_in(page.decode("utf-8", "replace"), wheel.file)
    say(f"PyTorch's index page tells {'the SHA-256 ' + found if found else 'no hash'} of {wheel.file}.")
    return found


def hash_in(page: str, file: str) -> str:
    """The hash in the link to ``file``; "" where there is none, or where two links tell different ones."""
    links = _Links()
    with contextlib.suppress(AssertionError):  # how the parser of some Pythons refuses a strange declaration
        links.feed(page)
    found = set()
    for link in links.found:
        try:
            parts = urlsplit(link)
        except ValueError:
            continue
        told = DIGEST.fullmatch(parts.fragment)
        if told and unquote(parts.path).rpartition("/")[2] == file:
            found.add(told[1].lower())
    return found.pop() if len(found) == 1 else ""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]
