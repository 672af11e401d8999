"""What is told of BiRefNet where there is no torch: its description, its file, the names in it."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from maquette.backend.engines.birefnet.closer import look_closer, window_of
from maquette.backend.engines.birefnet.engine import FILE, BiRefNetEngine
from maquette.backend.engines.birefnet.specimen import ball, overlap

ROOT = Path(__file__).resolve().parents[3]


def test_it_can_be_described_without_torch():
    program = (
        "import sys; sys.modules['torch'] = sys.modules['safetensors'] = None\n"
        "from backend.engines.birefnet.engine import BiRefNetEngine as E\n"
        "print(E().info.id, len(E().tensors('model.safetensors')))"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["birefnet", "754"]


def test_its_description():
    info = BiRefNetEngine.info
    assert (info.tier, info.inputs, info.makes, info.weights_licence) == ("gpu", ("image",), ("cutout",), "MIT")
    assert set(info.memory) == set(info.presets) and min(info.memory.values()) > 440 << 20
    assert "not yet run with official weights" in info.proof
    (file,) = info.weights
    assert file.url.startswith("https://") and file.url.endswith(f"/{file.file}") and len(file.sha256) == 64


def test_the_length_of_the_published_file_follows_from_its_names_and_shapes():
    """A safetensors file of these tensors, float16 but for whole numbers: exactly as long as the one published."""
    tensors = BiRefNetEngine().tensors(FILE)
    size = {"I64": 8, "F16": 2}
    kind = {
        key: "I64" if key.endswith(("relative_position_index", "num_batches_tracked")) else "F16" for key in tensors
    }
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for key in sorted(tensors, key=lambda key: (-size[kind[key]], key)):
        end = at + math.prod(tensors[key]) * size[kind[key]]
        header[key] = {"dtype": kind[key], "shape": tensors[key], "data_offsets": [at, end]}
        at = end
    length = -(-len(json.dumps(header, separators=(",", ":"))) // 8) * 8
    assert 8 + length + at == BiRefNetEngine.info.weights[0].size


def test_names_of_other_files_are_not_told():
    with pytest.raises(KeyError):
        BiRefNetEngine().tensors("other.safetensors")


def test_the_picture_of_the_check():
    pixels, alpha = ball(128)
    assert pixels.shape == (128, 128, 4) and pixels.dtype == np.uint8 and pixels[..., 3].min() == 255
    assert alpha.mean() == pytest.approx(np.pi / 16, abs=0.005)
    inside, outside = pixels[alpha == 1], pixels[alpha == 0]
    assert inside[:, 0].mean() - inside[:, 1].mean() > 60  # red
    assert np.ptp(outside.mean(0)[:3]) < 15  # grey
    assert overlap(alpha, alpha) == 1 and overlap(alpha, 1 - alpha) == 0


# -------------------------------------------------------------------------------------- a closer look


def seen(height=600, width=900, box=(200, 150, 350, 400)):
    """A matte with an object in ``box`` (left, top, right, bottom)."""
    alpha = np.zeros((height, width), np.float32)
    left, top, right, bottom = box
    alpha[top:bottom, left:right] = 1
    return alpha


def test_the_window_holds_the_object_and_what_is_about_it():
    left, top, right, bottom = window_of(seen(), 512)
    assert (left, top, right, bottom) == (148, 98, 402, 452)


@pytest.mark.parametrize(
    ("alpha", "side"),
    [
        (seen(), 900),  # every pixel was seen already
        (seen(box=(50, 10, 800, 500)), 512),  # the object is nearly as large as the picture
        (seen(box=(5, 5, 5, 5)), 512),  # there is none
    ],
    ids=["small", "large object", "nothing"],
)
def test_no_closer_look_that_would_show_no_more(alpha, side):
    assert window_of(alpha, side) is None
    assert look_closer(np.zeros((*alpha.shape, 4), np.uint8), alpha, side, lambda part: 1 / 0) is alpha


def test_a_closer_look_that_agrees_is_taken():
    first = seen()
    first[0, 0] = 0.2  # outside of the window the first look stays
    finer = seen()[98:452, 148:402] * 0.9

    def look(part):
        assert part.shape == (354, 254, 4)
        return finer

    out = look_closer(np.zeros((600, 900, 4), np.uint8), first, 512, look)
    np.testing.assert_array_equal(out[98:452, 148:402], finer)
    assert out[0, 0] == np.float32(0.2) and first[200, 300] == 1


def test_a_closer_look_at_something_else_is_not():
    first = seen()
    out = look_closer(np.zeros((600, 900, 4), np.uint8), first, 512, lambda part: np.ones(part.shape[:2], np.float32))
    assert out is first
