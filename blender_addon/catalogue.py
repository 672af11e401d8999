"""The engines as the backend listed them, and which of them are for pictures and which for texts."""

from __future__ import annotations

from . import runtime
from .link import EngineInfo
from .properties import DEFAULT_TEXT_ENGINE

_SEEDED = {DEFAULT_TEXT_ENGINE}  # known before the backend was first started


def engines() -> tuple[EngineInfo, ...]:
    """Every engine; none before the backend was first started."""
    session = runtime.current()
    return session.engines if session is not None else ()


def engine(id: str) -> EngineInfo | None:
    return next((one for one in engines() if one.id == id), None)


def title(id: str) -> str:
    known = engine(id)
    return known.title if known is not None else id.replace("_", " ").title()


def for_pictures() -> list[EngineInfo]:
    """Those that make meshes of pictures, ready or not."""
    return [one for one in engines() if "mesh" in one.makes and {"image", "views"} & set(one.inputs)]


def for_texts() -> list[EngineInfo]:
    """Those that make meshes of texts, ready or not."""
    return [one for one in engines() if "mesh" in one.makes and "prompt" in one.inputs]


def seeded(id: str) -> bool | None:
    """Whether another seed gives another result; None where that is not known yet."""
    known = engine(id)
    if known is not None:
        return known.seeded
    return True if id in _SEEDED else None
