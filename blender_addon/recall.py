"""What was asked for, kept on the object that came of it, so that it can be run again."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

import bpy

from .link import ProtocolError, Report, Request, from_json, to_json

KEY = "maquette"  # the object's custom property
_VERSION = 1


@dataclass(frozen=True)
class Memory:
    """``request`` without its pixels; ``licence`` of the weights that made the mesh; ``seconds`` it took."""

    request: Request
    licence: str
    seconds: float
    warnings: tuple[str, ...]

    @property
    def from_file(self) -> bool:
        return os.path.isabs(self.request.source)


def remember(thing: bpy.types.Object, request: Request, report: Report) -> None:
    thing[KEY] = json.dumps(
        {
            "version": _VERSION,
            "engine": report.engine,
            "preset": report.preset,
            "seed": report.seed,
            "source": request.source,
            "licence": report.licence,
            "seconds": round(report.seconds, 2),
            "warnings": list(report.warnings),
            "request": json.loads(to_json(request.bare())),
        }  # in ASCII: a path that is not UTF-8 has letters that Blender's properties refuse
    )


def recall(thing: bpy.types.Object | None) -> Memory | None:
    """None where the object is not one of ours, or what is written on it cannot be read."""
    text = thing.get(KEY) if thing is not None else None
    if not isinstance(text, str):
        return None
    try:
        kept = json.loads(text)
        request = from_json(Request, json.dumps(kept["request"]))
        return Memory(request, str(kept["licence"]), float(kept["seconds"]), tuple(map(str, kept["warnings"])))
    except (ValueError, KeyError, TypeError, RecursionError, ProtocolError):
        return None
