"""Writes the credits of the training data: ``python -m backend.training.credits INDEX > backend/weights/CREDITS.md``.

INDEX is ``index.jsonl.gz`` of the folder shared/data beside the checkout. Only objects of the training split
are named; every author appears once for each licence and repository. Where a repository gathers works of
many authors under a licence that asks for attribution, each work is named with its author and origin.

``--weights FILE …`` names the files these credits are for, and ``--ids LIST`` (an id a line) or ``--grids FILE …``
(as ``training data grids`` writes them) the objects that were used, if not all were.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np

SKETCHFAB = "sketchfab.com/3d-models/"
STEIN = "Oded Stein"
DEVELOPABLE = "Oded Stein, Eitan Grinspun and Keenan Crane, by “Developability of Triangle Meshes” (2018)"

# authors as the repositories' own notes beside each work give them
AUTHORS = {
    "playcanvas/engine": {
        "cat": f"“Egyptian Cat Statue” by Ankledot, {SKETCHFAB}egyptian-cat-statue-02b0456362f9442da46d39fb34b3ee5b",
        "chess-board": f"“Chess Board” by Idmental, {SKETCHFAB}chess-board-901eeeca884f4622ac37b7e8f7cb82c3",
        "glass-table": f"“Low Poly Glass Table”, {SKETCHFAB}low-poly-glass-table-6acac6d9201e448b92dff859b6f63aad",
        "house": f"“House Scene”, {SKETCHFAB}house-scene-52772448c62348e0a4951b51758d5587",
    },
    "odedstein/meshes": {
        "boat": DEVELOPABLE,
        "boot": f"inciprocal, {SKETCHFAB}harrison-work-boot-d9506d9a318e4c56ac3d8ab273bd2540, modified by {STEIN}",
        "cube": STEIN,
        "demosthenes": f"ryanfb, {SKETCHFAB}louvre-demosthenes-photoscan-cf5d9dd9bf4a457c95dc76e17848727b",
        "goathead": f"hugoelec, thingiverse.com/thing:42256, remeshed by {STEIN}",
        "hammer": f"Andrea Spognetta (Spogna), {SKETCHFAB}hammer-rawscan-01e5b5acad9843818529d15663df5b9e, "
        f"modified by {STEIN}",
        "koala": f"YahooJAPAN, thingiverse.com/thing:182225, remeshed by {STEIN}",
        "lionstatue": f"tomburtonwood, thingiverse.com/thing:25832, modified by {STEIN} "
        "(the repository's note names CC BY-SA 3.0 in one place and CC BY 3.0 in another)",
        "mountain": f"lastloginname, thingiverse.com/thing:991578, remeshed by {STEIN}",
        "penguin": STEIN,
        "pizza": f"Rigsters, {SKETCHFAB}pizza-40d50989fec1460f8838b608d999ccd0",
        "plane": f"YahooJAPAN, thingiverse.com/thing:182252, remeshed by {STEIN}",
        "scorpion": f"YahooJAPAN, thingiverse.com/thing:182363, remeshed by {STEIN}",
        "skull": f"YahooJAPAN, thingiverse.com/thing:182365, remeshed by {STEIN}",
        "sphere": STEIN,
        "sword": f"The Oakeshott Institute, {SKETCHFAB}moonbrand-early-14th-c-arming-sword-"
        f"80fa91fc8c974fd0acd2a55cc513edec, modified by {STEIN}",
        "torus": STEIN,
        "wingnut": DEVELOPABLE,
    },
}

LICENCES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY (pmndrs market licence 2)": "https://creativecommons.org/licenses/by/4.0/",
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "BSD-3-Clause": "https://opensource.org/license/bsd-3-clause",
    "MIT-0": "https://opensource.org/license/mit-0",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC0-1.0 / public domain": "https://creativecommons.org/publicdomain/zero/1.0/",
}

WEIGHTS = {  # what each file of weights was trained on
    "pocket_int8.safetensors": """\
Pocket's weights (`pocket_int8.safetensors`) were trained from nothing on renders of the objects below and of
simple bodies composed by program.""",
    "pocket_text_int8.safetensors": """\
Pocket Text's weights (`pocket_text_int8.safetensors`) were trained from nothing on solids of a grammar of our own
and on the shapes, colours and names of objects below.""",
}

HEAD = """# Credits of the training data

{made} Our thanks to everyone who made them and let them be used. The objects were
reduced to at most 6,000 faces, coloured per vertex, brought to one size and rendered; none of them is
contained in the weights. The weights themselves are CC BY 4.0
(https://creativecommons.org/licenses/by/4.0/): credit “Maquette” and keep this file with them.

This file is written by `backend/training/credits.py`.
"""


def credits(
    records: Iterable[dict],
    weights: Sequence[str] = ("pocket_int8.safetensors",),
    used: Collection[str] | None = None,
) -> str:
    """Index records → Markdown, grouped by licence, then repository, then author.

    ``weights``: the files, of WEIGHTS, that the credits are for; ``used``: ids of the objects they learnt from,
    None for the whole training split. Raises KeyError where an id of ``used`` is not in the split, or an author is
    not known, and ValueError where a licence is not.
    """
    known = {record["id"]: record for record in records if record["split"] == "train"}
    chosen = list(known.values()) if used is None else [known[key] for key in sorted(set(used))]
    works: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for record in chosen:
        works[record["licence"]][record["repo"], author(record)].append(record["path"])
    lines = [HEAD.format(made="\n".join(WEIGHTS[name] for name in weights))]
    for licence in sorted(works, key=list(LICENCES).index):
        count = sum(map(len, works[licence].values()))
        lines.append(f"## {licence}: {count:,} object{'s' if count != 1 else ''}\n\n{LICENCES[licence]}\n")
        for (repo, name), paths in sorted(works[licence].items(), key=lambda item: (-len(item[1]), item[0])):
            what = f"{len(paths):,} objects" if len(paths) > 1 else f"`{paths[0]}`"
            lines.append(f"- {name}: {what} of github.com/{repo.replace('(-assets)', '')}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def author(record: dict) -> str:
    """Whom to name for one object."""
    known = AUTHORS.get(record["repo"])
    if known and not record["licence"].startswith("CC0"):
        path = Path(record["path"])
        return known[path.stem] if path.stem in known else known[path.parent.name]  # KeyError: name the new one above
    name, via, rest = record["attribution"].partition(", via ")
    if name[:1] in "[{":  # some records hold the literal of one or several {name, link}
        people = ast.literal_eval(name)
        people = people if isinstance(people, list) else [people]
        name = ", ".join(f"{person['name']} ({person['link']})" for person in people)
    return name + via + rest


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="backend.training.credits", description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("--weights", nargs="+", choices=WEIGHTS, default=["pocket_int8.safetensors"])
    parser.add_argument("--ids", type=Path, help="a file with an id a line: only these were used")
    parser.add_argument("--grids", type=Path, nargs="+", help="files of grids: only their objects were used")
    options = parser.parse_args(arguments)
    with gzip.open(options.index, "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    used: set[str] | None = None if options.ids is None and options.grids is None else set()
    if used is not None and options.ids is not None:
        used.update(line for line in options.ids.read_text(encoding="utf-8").splitlines() if line)
    if used is not None and options.grids is not None:
        used.update(ids_of(options.grids))
    sys.stdout.write(credits(records, options.weights, used))


def ids_of(files: Iterable[Path]) -> set[str]:
    """Ids of the objects in files of grids."""
    found: set[str] = set()
    for path in files:
        with np.load(path, allow_pickle=False) as file:
            found.update(json.loads(str(text))["id"] for text in file["about"])
    return found


if __name__ == "__main__":
    main()
