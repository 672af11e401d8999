"""BiRefNet's network gives the numbers of its authors' own program (fixtures/birefnet.json says how they were made)."""

from pathlib import Path

import numpy as np
import pytest
import torch
from birefnet_weights import TINY, filled, normal, picture
from maquette.backend.engines.birefnet import decoder, deformable, swin
from maquette.backend.engines.birefnet.engine import BiRefNetEngine
from maquette.backend.engines.birefnet.network import BiRefNet, Configuration

FIXTURES = Path(__file__).resolve().parents[2] / "parity" / "fixtures"
DRIFT = 5e-5  # the authors' program differs by 2.4e-5 from itself in double precision


@pytest.fixture(scope="module")
def known():
    return dict(np.load(FIXTURES / "birefnet.npz"))


@pytest.fixture(scope="module")
def tiny():
    return filled(TINY)


def apart(ours, theirs):
    return float(np.abs(ours.numpy() - theirs).max())


def test_names_and_shapes_are_those_of_the_published_weights():
    published = BiRefNetEngine().tensors("model.safetensors")
    with torch.device("meta"):
        network = BiRefNet()
    ours = {key: list(tensor.shape) for key, tensor in network.state_dict().items()}
    assert ours == published
    assert len(ours) == 754


@pytest.mark.parametrize("at_once", [1 << 22, 700], ids=["whole", "in pieces"])
@pytest.mark.parametrize("kernel", [1, 3, 7])
def test_deformable_convolution(known, kernel, at_once, monkeypatch):
    monkeypatch.setattr(deformable, "AT_ONCE", at_once)
    name, taps = f"deform{kernel}", kernel**2
    x, weight = normal(f"{name}.x", (2, 5, 9, 11)), normal(f"{name}.w", (4, 5, kernel, kernel)) / np.float32(2 * kernel)
    offset = 3 * normal(f"{name}.offset", (2, 2 * taps, 9, 11))
    offset[0, :, 0, 0], offset[0, :, 1, 1] = 0, 1  # exactly on pixels
    offset[1, :, 2, 2], offset[1, :, 3, 3], offset[1, 0, 4, 4] = -50, 1e6, -1e6  # far outside
    factor = 2 * torch.sigmoid(torch.from_numpy(normal(f"{name}.mask", (2, taps, 9, 11))))
    ours = deformable.deformable_convolution(*map(torch.from_numpy, (x, offset)), factor, torch.from_numpy(weight))
    assert apart(ours, known[name]) < 5e-6


def test_without_offsets_it_is_a_plain_convolution():
    x, weight = torch.from_numpy(normal("x", (1, 3, 8, 8))), torch.from_numpy(normal("w", (2, 3, 3, 3)))
    ours = deformable.deformable_convolution(x, torch.zeros(1, 18, 8, 8), torch.ones(1, 9, 8, 8), weight)
    torch.testing.assert_close(ours, torch.nn.functional.conv2d(x, weight, padding=1), atol=1e-5, rtol=0)


def test_encoder(known, tiny):
    features = tiny.encode(picture("tiny", 64, 96))
    assert apart(features[0][:, ::4], known["tiny_feature1"]) < 2e-6
    assert apart(features[3][:, ::7], known["tiny_feature4"]) < 2e-6
    assert apart(tiny.squeeze_module(features[3])[:, ::3], known["tiny_squeezed"]) < 1e-5


def test_whole_network(known, tiny):
    assert apart(tiny(picture("tiny", 64, 96)), known["tiny_logits"]) < DRIFT


def test_whole_network_in_double_precision_is_exact(known):
    logits = filled(TINY).double()(picture("tiny", 64, 96).double())
    assert apart(logits, known["tiny_logits_f64"]) < 1e-12


def test_slices_change_nothing(tiny, monkeypatch):
    whole = tiny(picture("tiny", 64, 96))
    monkeypatch.setattr(swin, "AT_ONCE", 2000)
    monkeypatch.setattr(deformable, "AT_ONCE", 5000)
    monkeypatch.setattr(decoder, "AT_ONCE", 64 * 96 * 5)
    torch.testing.assert_close(tiny(picture("tiny", 64, 96)), whole, atol=DRIFT, rtol=0)


def test_a_batch_is_its_pictures(tiny):
    one, other = picture("tiny", 64, 96), picture("other", 64, 96)
    both = tiny(torch.cat([one, other]))
    torch.testing.assert_close(both, torch.cat([tiny(one), tiny(other)]), atol=DRIFT, rtol=0)


def test_progress_grows_to_the_end(tiny):
    heard = []
    tiny(picture("tiny", 64, 96), heard.append)
    assert heard == sorted(heard)
    assert len(heard) >= 20
    assert 0.8 < heard[-1] <= 1


def test_what_step_raises_stops_the_network(tiny):
    class Stop(Exception):
        pass

    def step(fraction):
        if fraction > 0.3:
            raise Stop

    with pytest.raises(Stop):
        tiny(picture("tiny", 64, 96), step)


def test_sides_that_do_not_fit_are_refused(tiny):
    with pytest.raises(ValueError, match="multiples of 32"):
        tiny(torch.zeros(1, 3, 64, 80))


def test_full_size(known):
    network = filled(Configuration())
    shown = picture("full", 160, 192)
    assert apart(network.encode(shown)[3][:, ::97], known["full_feature4"]) < 1e-5
    assert apart(network(shown), known["full_logits"]) < 2 * DRIFT
