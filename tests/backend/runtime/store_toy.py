"""An engine with weights to fetch, for the tests of the store."""

import hashlib
import json
import struct

from maquette.backend.errand import Errand
from maquette.backend.protocol import EngineInfo, WeightsInfo


def safetensors(**tensors):
    """Bytes of a file with float32 tensors of these shapes; the values count up."""
    header, at = {}, 0
    for name, shape in tensors.items():
        size = 4
        for n in shape:
            size *= n
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(i % 251 for i in range(at))


SHAPES = {"a.weight": (40, 50), "a.bias": (40,)}
NETWORK = safetensors(**SHAPES)
SETTINGS = b'{"width": 40}'


def published(file, content, url, known=True, licence="MIT"):
    sha256 = hashlib.sha256(content).hexdigest() if known else ""
    return WeightsInfo(file, len(content), sha256=sha256, url=f"{url}/{file}", licence=licence)


class Toy:
    """``tensors`` and ``check`` as a real engine offers them."""

    def __init__(self, url="https://example.org", known=True, files=None):
        files = files or (
            published("net/toy.safetensors", NETWORK, url, known),
            published("settings.json", SETTINGS, url, known),
        )
        self.info = EngineInfo("toy", "Toy", "", ("image",), "gpu", "Apache-2.0", "MIT", files)

    def tensors(self, file):
        return {"net/toy.safetensors": SHAPES}[file]


class Catalogue:
    def __init__(self, *made):
        self._made = {engine.info.id: engine for engine in made}

    def engines(self):
        return tuple(engine.info for engine in self._made.values())

    def load(self, id):
        return self._made[id]


class Told(Errand):
    """An errand that keeps everything that was told."""

    def __init__(self, stop_at=None):
        super().__init__("toy", quiet=True)
        self.steps, self.lines, self.pauses = [], [], []
        self._stop_at = stop_at

    def step(self, fraction=None, stage="", detail="", eta=None):
        super().step(fraction, stage, detail, eta)
        self.steps.append((self.progress.fraction, self.progress.stage, self.progress.detail))
        if self._stop_at is not None and self._stop_at(*self.steps[-1]):
            self.cancel()

    def say(self, line):
        self.lines.append(line)

    def sleep(self, seconds):
        self.pauses.append(seconds)
        super().sleep(0)


def lay(shelf, toy=None, content=NETWORK, settings=SETTINGS):
    """Puts the toy's files on the shelf."""
    for file, data in (("net/toy.safetensors", content), ("settings.json", settings)):
        path = shelf.path("toy", file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
