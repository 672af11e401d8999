"""The engine about BiRefNet: weights read strictly, pictures in, mattes out, and what happens where it fails."""

import numpy as np
import pytest
import torch
from birefnet_weights import TINY, filled, state
from maquette.backend.engines.birefnet import engine as module
from maquette.backend.engines.birefnet.closer import window_of
from maquette.backend.engines.birefnet.engine import FILE, BiRefNetEngine
from maquette.backend.engines.birefnet.loading import load_network
from maquette.backend.engines.birefnet.picture import prepare, restore
from maquette.backend.engines.birefnet.specimen import ball
from maquette.backend.errors import BadWeights, Cancelled, OutOfMemory, UnsupportedShape
from maquette.backend.imaging.cutout import cut_out
from maquette.backend.runtime import device
from maquette.backend.watch import Watch
from PIL import Image
from safetensors.torch import save_file


@pytest.fixture(autouse=True)
def small_and_on_the_processor(monkeypatch):
    monkeypatch.setenv(device.OVERRIDE, "cpu")
    device.forget()
    monkeypatch.setattr(module, "SIDE", {"fast": 64, "standard": 96, "fine": 96})
    yield
    device.forget()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Tiny weights as they are published: float16, with the whole numbers as they are."""
    folder = tmp_path_factory.mktemp("birefnet")
    save_file({key: t.half() if t.is_floating_point() else t for key, t in state(TINY).items()}, folder / FILE)
    return folder


@pytest.fixture
def engine(folder):
    return BiRefNetEngine(folder / FILE, TINY)


def photo(height=120, width=150):
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 256, y % 256, (x * y) % 256, np.full_like(x, 255)], -1).astype(np.uint8)


def save(folder, tensors, name="other.safetensors"):
    save_file(tensors, folder / name)
    return folder / name


# ---------------------------------------------------------------------------------------------- the matte


def test_a_matte_is_the_networks(engine, folder):
    pixels = photo()
    alpha = engine.matte(pixels, Watch())
    assert alpha.shape == (120, 150) and alpha.dtype == np.float32
    assert alpha.min() >= 0 and alpha.max() <= 1 and alpha.std() > 0.001
    network = load_network(folder / FILE, "cpu", torch.float32, TINY)
    np.testing.assert_array_equal(alpha, restore(network(prepare(pixels, 96)), 120, 150))
    np.testing.assert_array_equal(engine.matte(pixels, Watch()), alpha)


def test_presets_look_at_more_or_less(engine):
    coarse, fine = (engine.matte(photo(), Watch(), preset) for preset in ("fast", "standard"))
    assert np.abs(coarse - fine).max() > 1e-4
    assert (engine.resolution("fast"), engine.resolution("fine")) == (64, 96)


def test_half_precision_moves_a_matte_by_little():
    """What a graphics card computes in, tried here: two of 256 steps at most, where bfloat16 takes eight."""
    exact, half = filled(TINY), filled(TINY).half()
    seen = prepare(photo(), 96)
    apart = (torch.sigmoid(half(seen.half()).float()) - torch.sigmoid(exact(seen))).abs()
    assert float(apart.max()) < 2 / 256 and float(apart.mean()) < 1e-3


def test_progress_comes_in_order_and_cancelling_stops_at_once(engine):
    heard = []
    engine.matte(photo(), Watch(step=lambda fraction=0.0, detail="": heard.append((fraction, detail))))
    assert heard[0] == (0.0, "loading") and heard[-1][1] == "seeing"
    assert [f for f, _ in heard] == sorted(f for f, _ in heard) and len(heard) > 20

    def cancel(fraction=0.0, detail=""):
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.matte(photo(), Watch(step=cancel))
    engine.matte(photo(), Watch())  # nothing is left in a bad state


def test_it_serves_as_the_remover_of_cut_outs(engine):
    cut = cut_out(photo(), "auto", remover=lambda pixels, step: engine.matte(pixels, Watch(step=step)) * 0 + 0.7)
    assert cut.by == "learned" and cut.rgba[..., 3] == pytest.approx(0.7)


def test_weights_load_once_and_again_after_unload(engine, monkeypatch):
    loads, load = [], module._load
    monkeypatch.setattr(module, "_load", lambda *args: loads.append(args) or load(*args))
    for _ in range(2):
        engine.matte(photo(), Watch())
    assert len(loads) == 1
    engine.unload()
    engine.matte(photo(), Watch())
    assert len(loads) == 2


def test_a_card_that_fails_in_half_precision_is_asked_again(engine, folder, monkeypatch):
    """The weights are such that float16 overflows and float32 does not."""
    network = load_network(folder / FILE, "cpu", torch.float16, TINY)
    network.decoder.conv_out1[0].weight *= 3e4
    network.decoder.decoder_block1.bn_out.weight *= 100
    monkeypatch.setattr(module, "_load", lambda *args: network)
    pixels = photo()
    assert not np.isfinite(module._run(network, pixels, 96, Watch())).all()
    assert np.isfinite(engine.matte(pixels, Watch())).all()
    assert engine._network.bb.norm0.weight.dtype == torch.float32


def test_it_makes_no_shapes(engine):
    with pytest.raises(UnsupportedShape):
        engine.generate(None, Watch())


def test_fine_looks_twice_at_large_pictures(engine, monkeypatch):
    seen = []

    def run(network, pixels, side, watch):
        seen.append(pixels.shape)
        watch.step(1.0)
        return first if len(seen) == 1 else second

    first = np.zeros((300, 200), np.float32)
    first[80:140, 60:100] = 0.9
    left, top, right, bottom = window_of(first, 96)
    assert left < 60 and top < 80 and right > 100 and bottom > 140
    monkeypatch.setattr(module, "_run", run)
    second, heard = first[top:bottom, left:right] + np.float32(0.1), []
    watch = Watch(step=lambda fraction=0.0, detail="": heard.append(fraction))
    alpha = engine.matte(photo(300, 200), watch, "fine")
    assert seen == [(300, 200, 4), (bottom - top, right - left, 4)] and heard == sorted(heard) and heard[-1] == 1
    assert alpha[100, 80] == 1 and alpha[0, 0] == 0


# --------------------------------------------------------------------------------------- out of memory


def refusing(monkeypatch, sides, error):
    run, tried = module._run, []

    def refuse(network, pixels, side, watch):
        tried.append(side)
        if side in sides:
            raise error
        return run(network, pixels, side, watch)

    monkeypatch.setattr(module, "_run", refuse)
    return tried


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("MPS backend out of memory"),
    ],
    ids=["python", "cuda", "cpu", "metal"],
)
def test_a_smaller_look_is_tried(engine, monkeypatch, error):
    tried, said = refusing(monkeypatch, {96}, error), []
    alpha = engine.matte(photo(), Watch(warn=said.append))
    assert tried == [96, 64] and said == [module.SMALLER]
    np.testing.assert_array_equal(alpha, engine.matte(photo(), Watch(), "fast"))


def test_then_it_is_said_and_everything_given_back(engine, monkeypatch):
    tried = refusing(monkeypatch, {96, 64}, MemoryError())
    with pytest.raises(OutOfMemory):
        engine.matte(photo(), Watch())
    assert tried == [96, 64] and engine._network is None


def test_other_errors_pass(engine, monkeypatch):
    tried = refusing(monkeypatch, {96}, RuntimeError("CUDA error: device-side assert triggered"))
    with pytest.raises(RuntimeError, match="assert"):
        engine.matte(photo(), Watch())
    assert tried == [96]


# -------------------------------------------------------------------------------------- strict weights


def test_whole_numbers_kept_as_floats_are_taken(folder, tmp_path):
    tensors = {key: t if key.endswith("num_batches_tracked") else t.float() for key, t in state(TINY).items()}
    network = load_network(save(tmp_path, tensors), "cpu", torch.float32, TINY)
    assert network.bb.layers[0].blocks[0].attn.relative_position_index.dtype == torch.int64


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t: t.pop("decoder.conv_out1.0.bias"), "1 missing: decoder.conv_out1.0.bias"),
        (lambda t: t.update(stranger=torch.zeros(3)), "1 not expected: stranger"),
        (lambda t: t.update({"bb.norm0.weight": torch.ones(17)}), "1 of another shape: bb.norm0.weight"),
        (lambda t: t["bb.norm1.bias"].fill_(float("nan")), "bb.norm1.bias holds values that are not numbers"),
        (lambda t: t["squeeze_module.0.bn_in.running_var"].fill_(float("inf")), "not numbers"),
        (lambda t: t["bb.layers.1.blocks.0.attn.relative_position_index"].add_(1), "relative_position_index"),
    ],
    ids=["missing", "extra", "shape", "nan", "inf", "constant"],
)
def test_other_weights_are_refused(tmp_path, spoil, words):
    tensors = state(TINY)
    spoil(tensors)
    with pytest.raises(BadWeights, match=words):
        load_network(save(tmp_path, tensors), "cpu", torch.float32, TINY)


def test_files_that_are_no_weights_are_refused(folder, tmp_path):
    whole = (folder / FILE).read_bytes()
    for name, data in {"cut": whole[:-1000], "longer": whole + b"more", "noise": b"\xff" * 5000, "empty": b""}.items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(data)
        with pytest.raises(BadWeights):
            load_network(path, "cpu", torch.float32, TINY)
    with pytest.raises(BadWeights):
        load_network(tmp_path / "absent.safetensors", "cpu", torch.float32, TINY)


def test_the_file_is_not_held_after_loading(folder, tmp_path):
    """On Windows a file that is held cannot be deleted or moved."""
    path = save(tmp_path, state(TINY))
    network = load_network(path, "cpu", torch.float32, TINY)
    before = network(prepare(photo(), 64))
    path.write_bytes(b"\0" * path.stat().st_size)  # through a map this would be seen, or crash
    torch.testing.assert_close(network(prepare(photo(), 64)), before, atol=0, rtol=0)


# ------------------------------------------------------------------------------- pictures and mattes


@pytest.mark.parametrize(("height", "width"), [(300, 500), (96, 96), (40, 31), (1, 200)])
def test_a_picture_is_seen_as_pillow_shrinks_it(height, width):
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 4), np.uint8)
    pixels[..., 3] = 255
    ours = prepare(pixels, 96)[0] * torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    ours = (ours + torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)).permute(1, 2, 0).numpy() * 255
    theirs = np.asarray(Image.fromarray(pixels[..., :3]).resize((96, 96), Image.Resampling.BILINEAR), np.float32)
    assert np.abs(ours - theirs).max() <= 1.01  # it rounds to whole levels, twice


def test_what_transparent_pixels_hide_is_not_seen():
    hidden, other = photo(), photo()
    hidden[:40, :, 3] = other[:40, :, 3] = 0
    other[:40, :, :3] = 99
    torch.testing.assert_close(prepare(hidden, 64), prepare(other, 64), atol=0, rtol=0)


def test_a_matte_comes_back_in_the_pictures_size():
    logits = torch.full((1, 1, 32, 32), -20.0, dtype=torch.float16)
    logits[..., 8:24, 8:24] = 20
    alpha = restore(logits, 50, 200)
    assert alpha.shape == (50, 200) and alpha.dtype == np.float32
    assert alpha[25, 100] == pytest.approx(1) and alpha[2, 10] == pytest.approx(0, abs=1e-6)
    assert alpha.mean() == pytest.approx(0.25, abs=0.01)


# --------------------------------------------------------------------------------------------- check


def test_check_tells_that_made_up_weights_see_nothing(engine, folder):
    report = engine.check(folder, "cpu")
    assert len(report.problems) == 1 and "ball" in report.problems[0]
    assert set(report.seconds) == {"load", "run"} and min(report.seconds.values()) > 0
    assert float(report.outputs["overlap with the ball"]) < 0.5
    assert report.peak_memory > 0 and report.dtype == "float32"


def test_check_is_content_where_the_ball_is_found(engine, folder, monkeypatch):
    monkeypatch.setattr(module, "_run", lambda network, pixels, side, watch: ball(side)[1])
    report = engine.check(folder, "cpu")
    assert report.problems == () and report.outputs["overlap with the ball"] == "1.00000"
    monkeypatch.setattr(module, "_run", lambda network, pixels, side, watch: np.full((side, side), np.nan, np.float32))
    assert "not numbers" in engine.check(folder, "cpu").problems[0]


def test_check_refuses_foreign_weights(engine, tmp_path):
    save(tmp_path, {"stranger": torch.zeros(3)}, FILE)
    with pytest.raises(BadWeights):
        engine.check(tmp_path, "cpu")
