"""Requests that an ended Blender left behind → tickets for this one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import bpy

from .batch import PICTURES, TEXTS, Batch, new_batch
from .delivery import Ticket, resume_origin
from .link import Request
from .scene import Target
from .sources import FileSource, NoSource


def tickets_of(requests: Sequence[Request], context: bpy.types.Context) -> Iterator[Ticket]:
    """Each request for the scene the user is in now; what belonged to a batch goes on behind what stands of it."""
    target = Target.here(context)
    batches: dict[str, Batch] = {}
    for request in requests:
        group = request.placement.collection
        if group and group not in batches:
            count = sum(other.placement.collection == group for other in requests)
            origin = resume_origin(target, group, request.placement.location)
            what = TEXTS if request.prompt else PICTURES
            batches[group] = new_batch(group, count, origin, request.placement.height, what)
        source = FileSource(request.source) if request.source and not request.file else NoSource()
        yield Ticket(request, source, target, batches.get(group))
