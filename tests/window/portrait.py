"""``python -m tests.window.portrait ZIP``: photographs the window for the README into build/window."""

import json
import sys
from pathlib import Path

from . import boxes

facts = boxes.play("sid", "portrait", Path(sys.argv[1]).resolve(), limit=1800)
print(facts.pop("log"), file=sys.stderr)
print(json.dumps(facts, indent=1))
