"""A data folder as the real one is laid out, with a few small objects in it."""

import gzip
import json

import pytest
from tiny_objects import SHAPES, write_shard


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared") / "data"
    folder.mkdir()
    colours = {"tower": (200, 40, 40), "slab": (40, 180, 60), "flag": (60, 60, 200), "step": (200, 180, 40)}
    known = [(f"train/{name}", *SHAPES[name], colours[name]) for name in SHAPES]
    write_shard(folder / "other_train_00.npz", known[:2])
    for name, part in (("01", known[2:3]), ("02", known[3:]), ("untextured", known[:1])):
        renamed = [(f"{o[0]}_{name}" if name == "untextured" else o[0], *o[1:]) for o in part]
        write_shard(folder / f"other_train_{name}.npz", renamed)
    write_shard(folder / "other_val.npz", [(f"val/{name}", *SHAPES[name], colours[name]) for name in ("flag", "step")])
    entries = [
        {"id": o[0], "category": "tall" if "tower" in o[0] or "flag" in o[0] else "flat", "textured": True}
        for o in [*known, ("train/tower_untextured",)]
    ]
    entries += [{"id": f"val/{name}", "category": "tall", "textured": name == "flag"} for name in ("flag", "step")]
    with gzip.open(folder / "index.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)
    return folder
