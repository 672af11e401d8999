"""How good the meshes are: an engine and its rivals on held-out objects. Not in the zip.

python -m backend.evaluation DATA [--set benchmark|other_val] [--views 0,1] [--every N] [--engine ID] [--jobs N]
python -m backend.evaluation DATA --compare BEFORE.jsonl AFTER.jsonl
python -m backend.evaluation DATA --recall
"""

from .commands import main

raise SystemExit(main())
