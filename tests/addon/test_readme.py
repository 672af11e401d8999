"""The README promises nothing that the shipped network was not taught."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_thing_that_the_readme_lists_was_taught():
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    part = re.search(r"<!-- things:.*?-->\n(.*?)<!-- /things -->", told, re.DOTALL)
    listed = re.findall(r"[a-z][a-z ]*[a-z]", re.sub(r"\*\*.*?\*\*", "", " ".join(part[1].split())))
    assert len(listed) > 20 and len(set(listed)) == len(listed)
    taught = json.loads((ROOT / "backend/weights/pocket_text_words.json").read_text(encoding="utf-8"))["things"]
    assert set(listed) <= set(taught), sorted(set(listed) - set(taught))
