"""Backends that do everything wrong, one way each: ``python hostile_backend.py MODE COUNTER``.

They speak the protocol with their own few lines, so that they can break it. ``COUNTER`` is a file with a byte
for each start, so that a mode can be bad the first time only ("MODE-once") and well behaved after that.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import threading
import time

PRODUCT, PROTOCOL = "maquette", 1


def frame(verb, body, blobs=(), data=b""):
    header = json.dumps({"verb": verb, "body": body, "blobs": list(blobs)}).encode()
    return struct.pack(">I", len(header)) + header + data


DEVICE = {"device": "", "device_memory": 0}


def welcome(product=PRODUCT, protocol=PROTOCOL):
    return frame("welcome", {"product": product, "protocol": protocol, "version": "0", "pid": os.getpid()})


def progress(job, fraction=0.5):
    return frame("progress", {"job": job, "stage": "Meshing", "fraction": fraction, "eta": None, "detail": ""})


def status(running=""):
    return frame("status.is", {"running": running, "waiting": [], "compute": "hostile", "memory": 1, **DEVICE})


def result(job, vertices=((0, 0, 0), (1, 0, 0), (0, 1, 0)), faces=((0, 1, 2),), drop=()):
    flat = struct.pack(f"<{3 * len(vertices)}f", *(x for v in vertices for x in v))
    index = struct.pack(f"<{3 * len(faces)}i", *(x for f in faces for x in f))
    colours = b"\x80" * (4 * len(vertices))
    names = [name for name in ("vertices", "faces", "colours") if name not in drop]
    arrays = {name: {"$blob": i} for i, name in enumerate(("vertices", "faces", "colours")) if name in names}
    blobs = [["f4", [len(vertices), 3]], ["i4", [len(faces), 3]], ["u1", [len(vertices), 4]]]
    report = {
        "engine": "pocket", "preset": "fast", "seed": 0, "seconds": 0.1, "vertices": 3, "faces": 1, "parts": 1,
        "watertight": False, "warnings": [], "stages": {}, "peak_memory": 0, "licence": "", "device": "", "cutout": "",
    }  # fmt: skip
    body = {"job": job, "kind": "mesh", "arrays": arrays, "report": report}
    return frame("result", body, blobs, flat + index + colours)


class Connection:
    def __init__(self, sock):
        self.socket, self.data = sock, b""

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next message as its header; blobs are dropped."""
        head = self._exactly(4)
        header = json.loads(self._exactly(struct.unpack(">I", head)[0]))
        for dtype, shape in header["blobs"]:
            size = {"f4": 4, "i4": 4, "u1": 1}[dtype]
            for side in shape:
                size *= side
            self._exactly(size)
        return header["verb"], header["body"]

    def _exactly(self, count):
        while len(self.data) < count:
            chunk = self.socket.recv(1 << 16)
            if not chunk:
                os._exit(0)
            self.data += chunk
        head, self.data = self.data[:count], self.data[count:]
        return head


def listen(settings, **changes):
    listener = socket.create_server(("127.0.0.1", 0))
    facts = {"port": listener.getsockname()[1], "pid": os.getpid(), "protocol": PROTOCOL, "version": "0"}
    facts |= {"product": PRODUCT, **changes}
    path = os.path.join(settings["run_dir"], "ready.json")
    with open(path + ".tmp", "w") as file:
        json.dump(facts, file)
    os.replace(path + ".tmp", path)
    return listener


def accept(listener):
    connection = Connection(listener.accept()[0])
    connection.receive()
    return connection


def behave(connection, on_submit=None, heartbeat=True):
    """Well behaved, but for what ``on_submit(connection, job)`` does."""
    while True:
        verb, body = connection.receive()
        if verb == "status" and heartbeat:
            connection.send(status())
        elif verb == "engines":
            connection.send(frame("engines.are", {"engines": []}))
        elif verb == "submit":
            (on_submit or (lambda c, job: c.send(progress(job) + result(job))))(connection, body["job"])


def greet_and(settings, on_submit=None, heartbeat=True, first=b""):
    connection = accept(listen(settings))
    connection.send(welcome() + first)
    behave(connection, on_submit, heartbeat)


def sleep():
    time.sleep(600)


def drip(connection, job):
    for byte in result(job):
        connection.send(bytes([byte]))
        time.sleep(0.25)


def die(connection, job):
    connection.send(progress(job))
    time.sleep(0.1)
    os._exit(7)


def bad_mesh(**changes):
    return lambda settings: greet_and(settings, lambda c, job: c.send(result(job, **changes)))


def once_then_exit(settings):
    done = []

    def answer(connection, job):
        if done:
            os._exit(9)
        done.append(job)
        connection.send(result(job))

    greet_and(settings, answer)


def write_ready(settings, text):
    with open(os.path.join(settings["run_dir"], "ready.json"), "w") as file:
        file.write(text)
    sleep()


def refuse(settings):
    connection = accept(listen(settings))
    connection.send(frame("bye", {"reason": "The token is wrong."}))
    sleep()


def close_at_once(settings):
    listen(settings).accept()[0].close()
    sleep()


def nobody_there(settings):
    listen(settings).close()
    sleep()


def raise_at_start(settings):
    raise ImportError("No module named 'numpy'")


MODES = {
    "good": greet_and,
    "never_ready": lambda s: sleep(),
    "dies_at_start": lambda s: os._exit(4),
    "raises_at_start": raise_at_start,
    "ready_is_garbage": lambda s: write_ready(s, "}{"),
    "ready_is_a_list": lambda s: write_ready(s, "[1, 2]"),
    "ready_has_no_port": lambda s: write_ready(s, '{"port": 99999999}'),
    "nobody_listens": nobody_there,
    "closes_at_once": close_at_once,
    "never_greets": lambda s: (accept(listen(s)), sleep()),
    "other_version_file": lambda s: (listen(s, protocol=PROTOCOL + 1), sleep()),
    "other_product_file": lambda s: (listen(s, product="other"), sleep()),
    "other_version": lambda s: (accept(listen(s)).send(welcome(protocol=PROTOCOL + 1)), sleep()),
    "wrong_token_reply": refuse,
    "garbage": lambda s: greet_and(s, first=b"\xff\x00garbage" * 1000),
    "garbage_first": lambda s: (accept(listen(s)).send(os.urandom(1 << 16)), sleep()),
    "garbage_mid_job": lambda s: greet_and(s, lambda c, job: c.send(progress(job) + b"\xde\xad\xbe\xef" * 99)),
    "endless_garbage_frame": lambda s: greet_and(s, first=struct.pack(">I", 1 << 31)),
    "huge_frame": lambda s: greet_and(s, first=frame("preview", {}, [["f4", [1 << 29, 1 << 20]]])),
    "foreign_verb": lambda s: greet_and(s, first=frame("cancel", {"job": "x"})),
    "says_goodbye": lambda s: greet_and(s, lambda c, job: c.send(frame("bye", {"reason": "It is late."}))),
    "dies_mid_job": lambda s: greet_and(s, die),
    "hangs_mid_job": lambda s: greet_and(s, lambda c, job: (c.send(progress(job)), sleep())),
    "no_heartbeat": lambda s: greet_and(s, heartbeat=False),
    "ignores_cancel": lambda s: greet_and(s, lambda c, job: c.send(progress(job))),
    "slow_drip": lambda s: greet_and(s, drip),
    "exits_on_second_job": once_then_exit,
    "mesh_out_of_range": bad_mesh(faces=((0, 1, 3),)),
    "mesh_negative_index": bad_mesh(faces=((0, 1, -1),)),
    "mesh_not_finite": bad_mesh(vertices=((0, 0, 0), (1, 0, 0), (0, float("nan"), 0))),
    "mesh_without_faces": bad_mesh(drop=("faces",)),
    "other_jobs_result": lambda s: greet_and(s, lambda c, job: c.send(result("other") + result(job))),
    "flood": lambda s: greet_and(s, lambda c, job: c.send(progress(job) * 20_000 + result(job))),
}


def main():
    mode, counter = sys.argv[1], sys.argv[2]
    with open(counter, "ab") as file:
        file.write(b".")
        file.flush()
        starts = os.fstat(file.fileno()).st_size
    settings = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
    if mode.endswith("-once"):
        mode = mode[: -len("-once")] if starts == 1 else "good"
    MODES[mode](settings)


if __name__ == "__main__":
    main()
