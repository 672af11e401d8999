"""Whoever's work the weights learnt from is named."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from maquette.backend.training.credits import author, credits, main

ROOT = Path(__file__).resolve().parents[3]
INDEX = ROOT.parent / "shared" / "data" / "index.jsonl.gz"


def record(**changes):
    usual = {
        "id": changes.get("path", "a/b.glb"),
        "split": "train",
        "licence": "CC-BY-4.0",
        "repo": "someone/things",
        "attribution": "Someone",
        "path": "a/b.glb",
    }
    return usual | changes


def test_groups_by_licence_repository_and_author():
    text = credits(
        [record(), record(path="a/c.glb"), record(id="else", attribution="Else"),
         record(id="val", split="val", attribution="Unseen"),
         record(id="third", licence="CC0-1.0", attribution="Third")]
    )  # fmt: skip
    assert "## CC-BY-4.0: 3 objects" in text and "## CC0-1.0: 1 object\n" in text
    assert "- Someone: 2 objects of github.com/someone/things" in text
    assert "- Else: `a/b.glb` of github.com/someone/things" in text
    assert "Unseen" not in text
    assert text.index("CC-BY-4.0:") < text.index("CC0-1.0:")


def test_only_what_was_used_and_for_which_weights():
    records = [record(), record(path="a/c.glb", attribution="Else"), record(path="a/d.glb", split="val")]
    text = credits(records, ("pocket_int8.safetensors", "pocket_text_int8.safetensors"), {"a/c.glb"})
    assert "Else" in text and "Someone:" not in text and "1 object\n" in text
    assert "(`pocket_int8.safetensors`)" in text and "(`pocket_text_int8.safetensors`)" in text
    assert "pocket_text" not in credits(records) and "Someone:" in credits(records)
    for unknown in ("a/d.glb", "a/none.glb"):  # never trained on, or not in the index
        with pytest.raises(KeyError):
            credits(records, used={unknown})


def test_command(tmp_path, capsys):
    with gzip.open(tmp_path / "index.jsonl.gz", "wt") as file:
        for row in (record(), record(path="a/c.glb", attribution="Else"), record(path="a/d.glb", attribution="Third")):
            file.write(json.dumps(row) + "\n")
    (tmp_path / "ids").write_text("a/c.glb\n")
    np.savez(tmp_path / "grids.npz", about=np.array([json.dumps({"id": "a/d.glb"})]))
    main([str(tmp_path / "index.jsonl.gz"), "--ids", str(tmp_path / "ids"), "--grids", str(tmp_path / "grids.npz"),
          "--weights", "pocket_text_int8.safetensors"])  # fmt: skip
    text = capsys.readouterr().out
    assert "Else" in text and "Third" in text and "Someone:" not in text and "pocket_int8" not in text
    main([str(tmp_path / "index.jsonl.gz")])
    assert "Someone:" in capsys.readouterr().out


def test_authors_of_gathered_works():
    people = record(attribution="[{'name': 'A', 'link': 'https://a'}, {'name': 'B', 'link': 'https://b'}], via hub")
    assert author(people) == "A (https://a), B (https://b), via hub"
    assert "YahooJAPAN" in author(record(repo="odedstein/meshes", path="objects/skull/skull.obj"))
    assert "Ankledot" in author(record(repo="playcanvas/engine", path="examples/assets/models/cat.glb"))
    with pytest.raises(KeyError):  # a new work there must be given its author
        author(record(repo="odedstein/meshes", path="objects/new/new.obj"))


def test_unknown_licences_are_not_passed_over():
    with pytest.raises(ValueError):
        credits([record(licence="proprietary")])


@pytest.mark.quality
def test_the_file_is_what_the_index_gives():
    if not INDEX.is_file():
        pytest.skip("needs the folder shared/data beside the checkout")
    with gzip.open(INDEX, "rt", encoding="utf-8") as file:
        expected = credits(map(json.loads, file), ("pocket_int8.safetensors", "pocket_text_int8.safetensors"))
    assert (ROOT / "backend/weights/CREDITS.md").read_text(encoding="utf-8") == expected
