"""docs/protocol.md says what the code does, to the byte."""

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
from maquette.backend import checks, inputs, jobs, lifeline, peer, protocol, server
from maquette.backend.runtime import device
from maquette.backend.shapes import GaussianCloud, PointCloud, TriangleMesh
from maquette.backend.shapes.files.frames import AUTO, TO_WORLD

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"


def table(after):
    """The rows of the first table after a heading or a word, without its head."""
    lines = PAGE.read_text(encoding="utf-8").partition(after)[2].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return rows


def dump(data: bytes) -> str:
    """As ``hexdump -C`` prints it."""
    lines = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        left, right = (" ".join(f"{byte:02x}" for byte in part) for part in (row[:8], row[8:]))
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{at:08x}  {left:<23}  {right:<23}  |{text}|")
    return "\n".join(lines)


def test_the_bytes_of_the_example():
    vertex = np.array([[1, 0, -2]], np.float32)
    data = b"".join(bytes(part) for part in protocol.encode(protocol.Preview("a", {"vertices": vertex})))
    written = re.search(r"```\n(00000000 .*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
    assert written == dump(data), "the page should say:\n" + dump(data)


def test_every_message_is_listed_on_its_side():
    rows = {verb: (side, kind) for verb, side, kind, _ in table("## Messages")}
    assert {verb: kind for verb, (_, kind) in rows.items()} == {
        verb: kind.__name__ for verb, kind in protocol.VERBS.items()
    }
    client = {verb for verb, (side, _) in rows.items() if side == "client"}
    assert client == {"hello", "submit", "cancel", "status", "engines", "free", "shutdown"}


def test_the_first_line_is_described():
    assert {row[0] for row in table("## Start")} == {field.name for field in fields(lifeline.Settings)}


def test_the_limits_are_the_codes():
    rows = dict(table("## Frames"))
    mib = 1 << 20
    assert rows == {
        "header": f"{protocol.MAX_HEADER // mib} MiB",
        "blobs of a frame": f"{protocol.MAX_BLOBS}, together {protocol.MAX_FRAME // mib} MiB",
        "frames before the greeting": f"{protocol.UNAUTHENTICATED_FRAME} bytes",
        "frames from a client": f"{peer.CLIENT_FRAME // mib} MiB",
        "time to greet": f"{peer.GREETING_TIME:g} s",
        "waiting jobs": f"{jobs.MAX_WAITING}, with pictures of {jobs.MAX_WAITING_BYTES >> 30} GiB together",
        "clients": f"{server.MAX_PEERS}",
    }


def test_the_variable_for_the_device_is_the_codes():
    kinds = re.search(rf"`{device.OVERRIDE}` \(`(\w+)`, `(\w+)` or `(\w+)`\)", PAGE.read_text(encoding="utf-8"))
    assert kinds and kinds.groups() == device.KINDS


def test_the_version_is_the_codes():
    assert f'"protocol": {protocol.PROTOCOL}' in PAGE.read_text(encoding="utf-8")


def test_every_input_is_described_with_its_limits():
    rows = table("## What a job starts from")
    assert [row[:2] for row in rows] == [
        ["image, views", "images"], ["prompt", "prompt"], ["cloud", "file"], ["cloud", "arrays"], ["depths", "arrays"],
    ]  # fmt: skip
    assert {field for _, field, _ in rows} <= {field.name for field in fields(protocol.Request)}
    file, points, depths = (row[2] for row in rows[2:])
    assert f"ends in `{inputs.SUFFIX}`" in file and f"at most {inputs.MAX_FILE >> 30} GiB" in file
    assert re.findall(r"`?(\w+)` \(", points) == list(inputs.POINTS) and f"at most {inputs.MAX_POINTS:,}" in points
    assert re.findall(r"`?(\w+)` \(", depths) == list(inputs.DEPTHS)
    assert f"at most {inputs.MAX_VIEWS} of {inputs.MAX_SIDE} pixels" in depths
    assert f"no farther than {inputs.FARTHEST / 1000:,.0f} km" in PAGE.read_text(encoding="utf-8")


def test_every_output_is_described_with_its_arrays():
    rows = dict(table("## What comes of it"))
    assert tuple(rows) == checks.OUTPUTS
    corners = np.zeros((3, 3), np.float32)
    made = {
        "mesh": [TriangleMesh(corners, np.zeros((1, 3), np.int32))],
        "cloud": [
            GaussianCloud(corners, corners, np.zeros((3, 4), np.float32), np.zeros(3), corners),
            PointCloud(corners, None, corners),
        ],
        "cutout": [jobs.CutOut(np.zeros((2, 2, 4), np.float32))],
    }
    for kind, examples in made.items():
        sent = [jobs.as_sent(example) for example in examples]
        assert {name for name, _ in sent} == {kind}
        named = dict(re.findall(r"(\w+)` \([^)]*\) (\w\d)", rows[kind]))
        assert named == {name: array.dtype.str[1:] for _, arrays in sent for name, array in arrays.items()}


def test_the_options_are_those_that_are_read():
    rows = dict(table("These options are everybody's"))
    assert set(rows) == {"up", "keep_scale"}
    assert re.findall(r"auto|[+-][YZ]", rows["up"]) == [AUTO, *TO_WORLD]
