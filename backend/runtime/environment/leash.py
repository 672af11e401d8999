"""Run as a script: ``leash.py COMMAND…`` runs it and kills it as soon as our standard input closes.

So a process that we started ends with us, however we ended: a kill closes the pipe too, on every system.
"""

import os
import subprocess
import sys
import threading


def main() -> int:
    """The command's exit code."""
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, creationflags=hidden)

    def watch() -> None:
        while os.read(0, 4096):
            pass
        child.kill()

    threading.Thread(target=watch, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
