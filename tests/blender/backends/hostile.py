"""Backends that misbehave, each in its own way: ``python hostile.py KIND``, in the installed extension's folder."""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, os.getcwd())

from backend.protocol import PRODUCT, PROTOCOL, Decoder, EngineList, Hello, Report, Result, Submit, Welcome, encode

KIND = sys.argv[1]


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    if KIND == "dies at once":
        sys.exit("no such luck")
    if KIND == "never ready":
        time.sleep(600)
    listener = socket.create_server(("127.0.0.1", 0))
    ready = {"port": listener.getsockname()[1], "pid": os.getpid(), "product": PRODUCT, "protocol": PROTOCOL}
    part = Path(settings["run_dir"]) / "ready.part"
    part.write_text(json.dumps({**ready, "version": "0"}))
    part.rename(part.with_name("ready.json"))
    client, _ = listener.accept()
    decoder = Decoder()
    while data := client.recv(1 << 16):
        for message in decoder.feed(data):
            answer(client, message)


def answer(client: socket.socket, message) -> None:
    def say(thing) -> None:
        client.sendall(b"".join(bytes(part) for part in encode(thing)))

    if isinstance(message, Hello):
        say(Welcome(PRODUCT, PROTOCOL, "0", os.getpid()))
    elif isinstance(message, Submit):
        if KIND == "hangs":
            time.sleep(600)
        elif KIND == "dies at work":
            os._exit(9)
        elif KIND == "garbage":
            client.sendall(struct.pack(">I", 50) + b"\xff" * 50)
        elif KIND == "huge header":
            client.sendall(struct.pack(">I", 0x7FFFFFFF))
        elif KIND == "wild indices":
            say(result(message.job, [(0, 1, 10**6)]))
        elif KIND == "twisted":
            say(result(message.job, [(0, 1, 1)]))
    elif KIND == "engines" and not isinstance(message, Submit):
        say(EngineList(()))


def result(job: str, faces) -> Result:
    import numpy as np

    arrays = {
        "vertices": np.eye(3, dtype=np.float32),
        "faces": np.array(faces, np.int32),
        "colours": np.full((3, 4), 255, np.uint8),
    }
    return Result(job, "mesh", arrays, Report("pocket", "fast", 0, 0.1, 3, 1, 1, False))


if __name__ == "__main__":
    main()
