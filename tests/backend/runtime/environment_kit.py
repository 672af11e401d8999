"""A tiny world to install in: wheels of a few hundred bytes, a lock that names them, and servers that have them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from maquette.backend.errand import Errand
from maquette.backend.runtime.environment.accelerator import Machine, this_machine
from maquette.backend.runtime.environment.install import Install
from maquette.backend.runtime.environment.lock import Plan, plan
from maquette.backend.runtime.environment.place import Place
from maquette.backend.runtime.store.access import Access

# As much of PyTorch as the self-test uses: matrices of one number.
TORCH = """
import types
__version__ = "9.9+tiny"
version = types.SimpleNamespace(cuda=None)
cuda = types.SimpleNamespace(is_available=lambda: False)
backends = types.SimpleNamespace(mps=types.SimpleNamespace(is_available=lambda: False))
device = str
manual_seed = lambda seed: None
class randn(float):
    def __new__(cls, *shape): return float.__new__(cls, 2.0)
    double = cpu = lambda self: self
    to = lambda self, device: self
    abs = max = lambda self: self
    __matmul__ = lambda self, other: randn()
    def __sub__(self, other): z = float.__new__(randn, 0.0); return z
"""
SOURCES = {
    "torch": {"torch/__init__.py": TORCH, "torch/include/a.h": "// for compilers"},
    "numpy": {"numpy/__init__.py": "__version__ = '2.0'"},
    "safetensors": {"safetensors/__init__.py": "__version__ = '1.0'", "safetensors/torch.py": ""},
    "pillow": {"PIL/__init__.py": "__version__ = '9.0'"},
}


def make_wheel(folder: Path, name: str, files: dict[str, str | bytes], version: str = "1.0", padding: int = 0) -> Path:
    """``NAME-VERSION-py3-none-any.whl`` with a RECORD; ``padding`` adds a file of that many bytes."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    inside = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    if padding:
        inside[f"{name}/padding.bin"] = bytes(padding)
    inside[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    inside[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = []
    for member, data in inside.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{member},sha256={digest},{len(data)}")
    inside[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in inside.items():
            archive.writestr(zipfile.ZipInfo(member), data)
    return path


@dataclass
class World:
    """``shelf`` holds the wheels, ``lock`` names them, ``place`` is where they are to go."""

    root: Path
    machine: Machine
    lock: Path
    shelf: Path
    place: Place
    errand: Errand = field(default_factory=lambda: Errand("test", quiet=True))
    server: Server | None = None

    def plan(self, wanted: str = "cpu") -> Plan:
        return plan(self.machine, wanted, self.lock)

    def install(self, **more) -> str:
        more = {"access": Access(tries=2, pause=0.01, stall=2.0), **more}
        return Install(plan=more.pop("plan", None) or self.plan(), place=self.place, errand=self.errand, **more).run()

    def change(self, file: str, **values) -> None:
        """Writes other values for a file into the lock."""
        raw = json.loads(self.lock.read_text())
        raw["files"][file].update(values)
        self.lock = self.lock.with_name(f"lock{len(list(self.root.glob('lock*')))}.json")  # a lock is read once a path
        self.lock.write_text(json.dumps(raw))

    def index_has(self, **values) -> None:
        """The torch wheel is one of PyTorch's index."""
        assert self.server
        self.change("torch-1.0-py3-none-any.whl", index="cpu", **values)
        raw = json.loads(self.lock.read_text())
        raw["torch_index"] = self.server.address + "/whl/"
        self.lock.write_text(json.dumps(raw))


def make_world(root: Path, padding: int = 0) -> World:
    machine = this_machine()
    files, names = {}, []
    for name, sources in SOURCES.items():
        path = make_wheel(root / "shelf", name, sources, padding=padding if name == "torch" else 0)
        entry = {"name": name, "version": "1.0", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        files[path.name] = {
            **entry,
            "size": path.stat().st_size,
            "unpacked": 1000 + (padding if name == "torch" else 0),
        }
        names.append(path.name)
    lock = {"torch_index": "", "files": files, "sets": {machine.platform: {machine.python: {"cpu": names}}}}
    (root / "lock.json").write_text(json.dumps(lock))
    return World(root, machine, root / "lock.json", root / "shelf", Place(root / "data" / "gpu"))


@dataclass
class Server:
    """A package index on loopback: ``/simple/NAME/`` and, for PyTorch's, ``/whl/BUILD/FILE`` with byte ranges.

    ``spoilt`` files come with a byte changed; ``page`` is what ``/whl/cpu/torch/`` says, None a 404; ``cut`` sends so
    many bytes of a /whl/ file and hangs up, once; ``asked`` collects (path, Range).
    """

    shelf: Path
    address: str = ""
    spoilt: set[str] = field(default_factory=set)
    page: str | None = None  # what PyTorch's index says of torch
    cut: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextlib.contextmanager
def serve(shelf: Path) -> Iterator[Server]:
    told = Server(shelf)

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_words) -> None:
            pass

        def do_GET(self) -> None:
            path = unquote(self.path)
            told.asked.append((path, self.headers.get("Range", "")))
            name = path.rstrip("/").rpartition("/")[2]
            file = told.shelf / name
            if path.startswith("/simple/"):
                found = sorted(told.shelf.glob(f"{name}-*.whl"))
                links = "".join(f'<a href="/files/{f.name}">{f.name}</a>' for f in found)
                return self._send(200, links.encode(), "text/html") if found else self.send_error(404)
            if path == "/whl/cpu/torch/" and told.page is not None:
                return self._send(200, told.page.encode(), "text/html")
            if not file.is_file():
                return self.send_error(404)
            data = file.read_bytes()
            if name in told.spoilt:
                data = data[:-1] + bytes([data[-1] ^ 1])
            begin = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")) if self.headers.get("Range") else 0
            extra = {"ETag": '"one"'}
            if begin:
                extra["Content-Range"] = f"bytes {begin}-{len(data) - 1}/{len(data)}"
            self._send(206 if begin else 200, data[begin:], "application/octet-stream", extra, path.startswith("/whl/"))

        def _send(self, status: int, data: bytes, kind: str, extra=(), may_cut: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            for key, value in dict(extra).items():
                self.send_header(key, value)
            self.end_headers()
            if may_cut and told.cut:
                data, told.cut = data[: told.cut], 0
                self.close_connection = True
            with contextlib.suppress(OSError):
                self.wfile.write(data)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
