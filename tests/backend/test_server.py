"""A real backend in a child process, spoken to over its socket."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from maquette.backend import __version__
from maquette.backend import server as server_module
from maquette.backend.lifeline import Settings
from maquette.backend.protocol import (
    PRODUCT,
    PROTOCOL,
    AskEngines,
    AskStatus,
    Bye,
    Cancel,
    Decoder,
    EngineList,
    Failure,
    Hello,
    Picture,
    Progress,
    Request,
    Result,
    Shutdown,
    Status,
    Submit,
    Welcome,
    encode,
)

ROOT = Path(__file__).resolve().parents[2]
TOY = ROOT / "tests" / "addon" / "toy_backend.py"
TOKEN = "0123456789abcdef" * 4


class Backend:
    """A toy backend as the add-on starts it."""

    def __init__(self, folder, script=TOY, parent_pid=None):
        self.folder = folder
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        self.log = open(folder / "log", "w+b")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=self.log,
            stderr=self.log,
            env=env,
        )
        settings = {"token": TOKEN, "run_dir": str(folder), "data_dir": str(folder / "data")}
        settings |= {"parent_pid": parent_pid or os.getpid(), "threads": 1, "interactive": True, "unknown": 1}
        self.say(json.dumps(settings).encode() + b"\n")
        self.facts = self._ready()

    def say(self, line):
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def _ready(self):
        for _ in range(2000):
            with contextlib.suppress(FileNotFoundError):
                return json.loads((self.folder / "ready.json").read_text())
            assert self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.01)
        raise AssertionError("it is not ready")

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.log.close()


class Client:
    """A blocking client."""

    def __init__(self, port, greet=True):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.settimeout(20)
        self._decoder, self._waiting = Decoder(), []
        if greet:
            self.send(Hello(TOKEN))
            assert isinstance(self.receive(), Welcome)

    def send(self, *messages):
        for message in messages:
            for part in encode(message):
                self.socket.sendall(part)

    def receive(self):
        """The next message; None once the other side has closed."""
        while not self._waiting:
            data = self.socket.recv(1 << 16)
            if not data:
                return None
            self._waiting += self._decoder.feed(data)
        return self._waiting.pop(0)

    def until(self, *kinds):
        while not isinstance(message := self.receive(), kinds):
            assert message is not None, "closed"
        return message

    def close(self):
        self.socket.close()


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    made = Backend(tmp_path_factory.mktemp("run"))
    yield made
    made.end()


@pytest.fixture
def client(backend):
    made = Client(backend.facts["port"])
    yield made
    made.close()


def test_it_announces_itself_and_greets(backend):
    assert backend.facts == {
        "port": backend.facts["port"],
        "pid": backend.process.pid,
        "protocol": PROTOCOL,
        "version": __version__,
        "product": PRODUCT,
    }
    client = Client(backend.facts["port"], greet=False)
    client.send(Hello(TOKEN))
    assert client.receive() == Welcome(PRODUCT, PROTOCOL, __version__, backend.process.pid)
    client.close()


def test_it_listens_on_this_computer_only(backend):
    listening = Path("/proc/net/tcp")
    if not listening.exists():
        pytest.skip("only Linux tells")
    port = f":{backend.facts['port']:04X}"
    lines = [line.split() for line in listening.read_text().splitlines()[1:]]
    assert {line[1] for line in lines if line[1].endswith(port) and line[3] == "0A"} == {"0100007F" + port}


def test_it_gives_way_to_others_and_says_what_it_computes_with(backend, client):
    end = time.monotonic() + 30
    while True:
        client.send(AskStatus())
        if compute := client.receive().compute:
            break
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "1 thread" in compute  # the cap it was given
    process = psutil.Process(backend.process.pid)
    if sys.platform == "linux":  # which has a priority for each thread: the loop keeps its own
        stats = [path.read_text() for path in Path(f"/proc/{process.pid}/task").glob("*/stat")]
        assert max(int(stat.rpartition(")")[2].split()[16]) for stat in stats) >= 10
    elif os.name == "posix":
        assert process.nice() >= 10


def test_a_job_goes_its_way(client):
    client.send(Submit("a", Request(prompt="x", seed=3, options={"vertices": 500, "seconds": 0.1})))
    seen = []
    while not isinstance(message := client.receive(), Result):
        seen.append(message)
    assert all(isinstance(m, Progress) and m.job == "a" for m in seen)
    fractions = [m.fraction for m in seen]
    assert fractions == sorted(fractions) and fractions[-1] > 0.8
    vertices = np.asarray(message.arrays["vertices"])
    assert vertices.shape == (message.report.vertices, 3) and message.report.seed == 3
    assert abs(vertices[:, 2].min()) < 1e-6


def test_engines_and_status_are_answered_while_a_job_runs(client):
    client.send(Submit("slow", Request(prompt="x", options={"seconds": 30})), Submit("next", Request(prompt="x")))
    client.until(Progress)
    client.send(AskEngines(), AskStatus())
    assert client.until(EngineList).engines[0].id == "pocket"
    status = client.until(Status)
    assert (status.running, status.waiting) == ("slow", ("next",))
    assert status.memory > 1 << 20 or not Path("/proc").exists()
    client.send(Cancel("next"), Cancel("slow"), Cancel("unknown"))
    assert {(m.job, m.code) for m in (client.until(Failure), client.until(Failure))} == {
        ("next", "cancelled"),
        ("slow", "cancelled"),
    }
    client.send(AskStatus())
    assert client.until(Status).waiting == ()


@pytest.mark.parametrize(
    ("hello", "reason"),
    [
        (Hello("f" * 64), "token"),
        (Hello(TOKEN[:-1]), "token"),
        (Hello(""), "token"),
        (Hello("\ud800" * 64), "token"),
        (Hello(TOKEN, product="other"), "not other"),
        (Hello(TOKEN, protocol=PROTOCOL + 1), "protocol"),
        (AskStatus(), "greeting"),
        (Submit("a", Request()), "greeting"),
    ],
)
def test_a_stranger_is_told_why_and_let_go(backend, hello, reason):
    client = Client(backend.facts["port"], greet=False)
    client.send(hello)
    answer = client.receive()
    assert isinstance(answer, Bye) and reason in answer.reason
    assert client.receive() is None
    client.close()


@pytest.mark.parametrize(
    "breach",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00\x00\x00\x02{}",
        b"\xff" * 100,
        b"\x00\x00\x00\x05hello",
        b"\x00\x00\x20\x00" + b" " * 8192,
    ],
)
def test_garbage_from_a_stranger_closes_that_link_with_a_reason(backend, breach):
    client = Client(backend.facts["port"], greet=False)
    client.socket.sendall(breach)
    answer = client.receive()
    assert isinstance(answer, Bye) and "protocol was broken" in answer.reason
    assert client.receive() is None
    client.close()


@pytest.mark.parametrize("message", [Bye("no"), Submit("", Request()), Submit("x" * 65, Request()), Hello(TOKEN)])
def test_a_breach_closes_that_client_and_no_other(backend, client, message):
    other = Client(backend.facts["port"])
    client.send(message)
    assert isinstance(client.until(Bye), Bye) and client.receive() is None
    other.send(AskStatus())
    assert isinstance(other.receive(), Status)
    other.close()


def test_one_name_for_two_jobs_is_a_breach(client):
    client.send(Submit("a", Request(prompt="x", options={"seconds": 30})), Submit("a", Request(prompt="x")))
    assert "name of its own" in client.until(Bye).reason


def test_jobs_end_with_their_client_and_others_go_on(backend, client):
    gone = Client(backend.facts["port"])
    gone.send(Submit("a", Request(prompt="x", options={"seconds": 60})))
    gone.until(Progress)
    client.send(Submit("a", Request(prompt="x")))  # the same name, another client
    gone.close()
    assert client.until(Result, Failure).job == "a"


def test_a_client_that_does_not_read_harms_nobody(backend, client):
    deaf = Client(backend.facts["port"])
    deaf.send(Submit("big", Request(prompt="x", options={"vertices": 400_000})))
    deaf.socket.setblocking(False)
    question = b"".join(bytes(part) for part in encode(AskStatus()))
    sent = 0
    with contextlib.suppress(BlockingIOError):
        for _ in range(20000):
            sent += deaf.socket.send(question * 1000)
    assert sent < 20000 * 1000 * len(question)  # it stopped listening to who does not listen
    client.send(Submit("a", Request(prompt="x")))
    assert client.until(Result).job == "a"
    deaf.close()
    client.send(AskStatus())
    assert client.receive().memory < 1 << 30


def test_many_strangers_keep_nobody_out(backend):
    strangers = [socket.create_connection(("127.0.0.1", backend.facts["port"])) for _ in range(40)]
    client = Client(backend.facts["port"])
    client.send(AskStatus())
    assert isinstance(client.receive(), Status)
    for sock in [*strangers, client]:
        sock.close()


def test_who_never_greets_is_let_go(backend):
    with socket.create_connection(("127.0.0.1", backend.facts["port"])) as sock:
        sock.settimeout(20)
        data = b""
        while chunk := sock.recv(4096):
            data += chunk
    (answer,) = Decoder().feed(data)
    assert isinstance(answer, Bye) and "greeting" in answer.reason


def test_a_picture_arrives_whole_in_small_pieces(client):
    pixels = np.random.default_rng(0).integers(0, 256, (300, 200, 4), np.uint8)
    data = b"".join(bytes(p) for p in encode(Submit("p", Request(images=(Picture(pixels),)))))
    for start in range(0, len(data), 7001):
        client.socket.sendall(data[start : start + 7001])
    assert client.until(Result, Failure).job == "p"


# -------------------------------------------------------------------------------------------- its end


@pytest.fixture
def mortal(tmp_path):
    made = Backend(tmp_path)
    yield made
    made.end()


def test_it_ends_when_asked(mortal):
    client = Client(mortal.facts["port"])
    client.send(Shutdown())
    assert isinstance(client.until(Bye), Bye)
    assert mortal.process.wait(10) == 0


def test_it_ends_when_its_lifeline_closes_even_in_the_middle_of_a_job(mortal):
    client = Client(mortal.facts["port"])
    client.send(Submit("a", Request(prompt="x", options={"seconds": 60})))
    client.until(Progress)
    mortal.process.stdin.close()
    assert mortal.process.wait(10) == 0
    assert not (mortal.folder / "ready.json").exists()


def test_it_ends_when_the_process_it_was_told_of_has_gone(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    made = Backend(tmp_path, parent_pid=parent.pid)
    try:
        parent.communicate(b"\n")
        assert made.process.wait(10) == 0
    finally:
        made.end()


@pytest.mark.skipif(os.name != "posix", reason="a signal of POSIX")
def test_ctrl_c_in_the_terminal_is_not_for_it(mortal):
    mortal.process.send_signal(signal.SIGINT)
    client = Client(mortal.facts["port"])
    client.send(AskStatus())
    assert isinstance(client.receive(), Status)


@pytest.mark.parametrize(
    "line",
    [b"\n", b"{}\n", b"[1]\n", b'{"token": "short"}\n', b'{"token": 5}\n', b"x" * 70000, b'{"threads": "2"}\n']
    + [json.dumps({"token": TOKEN, **more}).encode() for more in ({"idle_minutes": -1}, {"weights_dir": None})],
)
def test_a_first_line_that_makes_no_sense_ends_it_with_a_reason(line):
    done = subprocess.run(
        [sys.executable, str(TOY), str(ROOT)], input=line, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2 and b"first line on stdin" in done.stderr


def test_no_first_line_at_all_ends_it_quietly():
    done = subprocess.run(
        [sys.executable, str(TOY), str(ROOT)], input=b"", capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"")


def test_standing_alone_it_makes_a_token_and_prints_it():
    command = [sys.executable, "-m", "backend", "serve", "--standalone"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert select.select([process.stdout], [], [], 60)[0]
        facts = json.loads(process.stdout.readline())
        assert len(facts["token"]) == 64 and facts["product"] == PRODUCT
        client = Client(facts["port"], greet=False)
        client.send(Hello(facts["token"]))
        assert isinstance(client.receive(), Welcome)
        client.send(AskEngines())
        assert "pocket" in [info.id for info in client.until(EngineList).engines]
        process.stdin.close()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_detached_it_outlives_its_standard_input():
    command = [sys.executable, "-m", "backend", "serve", "--detached"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        facts = json.loads(process.stdout.readline())
        client = Client(facts["port"], greet=False)
        client.send(Hello(facts["token"]), Shutdown())
        assert isinstance(client.receive(), Welcome) and process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_its_console_is_kept_short(tmp_path):
    script = "import sys; from backend.lifeline import cap_console\n"
    script += "for i in range(300): print('x' * 99, file=sys.stderr); cap_console(10_000)"
    with open(tmp_path / "log", "wb") as log:
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, stderr=log, check=True, timeout=60)
    text = (tmp_path / "log").read_text()
    assert 0 < len(text) < 11_000 and "older lines were dropped" in text and "\0" not in text


def test_engines_that_cannot_be_listed_are_a_sentence_and_not_the_end(monkeypatch):
    class Broken:
        def engines(self):
            raise ImportError("No module named 'weights'")

        def unload(self):
            pass

    monkeypatch.setattr(server_module, "prepare_compute", lambda settings: "")
    server = server_module.Server(Settings(token=TOKEN, log="/there/is/the.log"), Broken())
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        client = Client(server.port)
        client.send(AskEngines(), AskStatus())
        told = client.receive()
        assert (told.job, told.code) == ("", "internal") and "weights" in told.sentence and "the.log" in told.fix
        assert isinstance(client.receive(), Status)
        client.close()
    finally:
        server.stop()
        thread.join(10)
    assert not thread.is_alive()
