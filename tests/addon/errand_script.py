"""Errands as they must not be: ``errand_script.py HOW … --follow --report FILE``. Those that follow the rules too."""

import json
import os
import sys
import time

HOW, REPORT = sys.argv[1], sys.argv[-1]
FIELDS = {"stage": "", "fraction": 0.0, "eta": None, "detail": "", "sentence": "", "fix": "", "code": ""}


def write(raw: bytes):
    with open(REPORT + ".tmp", "wb") as file:
        file.write(raw)
    os.replace(REPORT + ".tmp", REPORT)


def tell(state="running", **fields):
    write(json.dumps({**FIELDS, "state": state, **fields}).encode())


def lifeline():
    while os.read(0, 100):
        pass


print("arguments", sys.argv[1:], flush=True)
if HOW == "good":
    for i in range(5):
        tell(stage="Downloading", fraction=i / 5, eta=5.0 - i, detail=f"{i} of 5")
        time.sleep(0.03)
    tell("done", stage="Testing", fraction=1.0, sentence="CPU: OK")
elif HOW == "environment":
    tell("done", sentence=os.environ.get("SOME_SETTING", "nothing"))
elif HOW == "fails":
    tell("failed", sentence="The disk is full.", fix="Free 3 GB.", code="disk_full")
    sys.exit(2)
elif HOW == "obeys":
    tell(stage="Downloading", fraction=0.5)
    lifeline()
    tell("cancelled", sentence="Cancelled.", code="cancelled")
    sys.exit(130)
elif HOW == "obeys with an error":
    tell(stage="Downloading", fraction=0.5)
    lifeline()
    tell("failed", sentence="The connection broke.", fix="Try again.", code="offline")
    sys.exit(2)
elif HOW == "ignores":
    tell(stage="Downloading", fraction=0.5)
    time.sleep(600)
elif HOW == "says so and stays":
    tell("done", sentence="All is well.")
    time.sleep(600)
elif HOW == "dies":
    tell(stage="Downloading", fraction=0.5)
    print("no such luck", flush=True)
    os._exit(7)
elif HOW == "is silent and dies":
    sys.stdout.flush()
    os.ftruncate(1, 0)
    os._exit(7)
elif HOW == "is killed":
    os.ftruncate(1, 0)
    os.kill(os.getpid(), 9)
elif HOW == "ends early":
    tell(stage="Downloading", fraction=0.5)
elif HOW == "falls back":
    for fraction in (0.8, 0.2, -3.0, 7.0):
        tell(stage="Downloading", fraction=fraction)
        time.sleep(0.08)
    lifeline()
elif HOW == "garbage":
    write(sys.argv[2].encode("utf-8", "surrogateescape") if len(sys.argv) > 5 else b"\xff\xfe{")
    lifeline()
elif HOW == "has a child":
    import subprocess

    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    tell(stage="Unpacking", detail=str(child.pid))
    time.sleep(600)
else:
    sys.exit(f"no such errand: {HOW}")
