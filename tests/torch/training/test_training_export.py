"""Trained networks as the small files that ship."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from maquette.backend.runtime.weights import load_weights
from maquette.backend.training.export import TooLarge, dequantised, export, quantised


def tensors():
    dice = torch.Generator().manual_seed(3)
    return {
        "wide.weight": torch.randn(96, 64, generator=dice) * torch.logspace(-3, 1, 96)[:, None],
        "kernel": torch.randn(40, 8, 3, 3, 3, generator=dice).to(memory_format=torch.channels_last_3d),
        "small": torch.randn(10, 10, generator=dice),
        "bias": torch.randn(5000, generator=dice),
        "settings": torch.tensor([25.0, 3.5, 1.0, 0.0]),
    }


def test_the_reader_of_shipped_weights_gives_back_what_was_written(tmp_path):
    path, given = tmp_path / "net.safetensors", tensors()
    size = export(given, path)
    assert size == path.stat().st_size
    back = load_weights(path, {name: tuple(tensor.shape) for name, tensor in given.items()})
    for name, tensor in given.items():
        rows = tensor.flatten(1) if tensor.ndim > 1 and tensor.numel() > 4096 else None
        room = rows.abs().amax(1, keepdim=True) / 127 * 0.501 if rows is not None else tensor.abs() * 2**-10 + 1e-7
        off = (torch.from_numpy(back[name]) - tensor).abs()
        assert bool((off.reshape(room.shape if rows is None else rows.shape) <= room).all()), name


def test_what_is_large_is_int8_with_a_factor_a_row_and_the_rest_float16():
    small = quantised(tensors())
    kinds = {name: (values.dtype.name, values.shape) for name, values in small.items()}
    assert kinds["kernel"] == ("int8", (40, 8, 3, 3, 3)) and kinds["kernel.scale"] == ("float16", (40,))
    assert kinds["small"] == ("float16", (10, 10)) and kinds["bias"] == ("float16", (5000,))
    assert "small.scale" not in kinds


def test_exporting_what_was_exported_changes_nothing(tmp_path):
    export(tensors(), tmp_path / "a")
    export(dequantised(tmp_path / "a"), tmp_path / "b")
    one, other = dequantised(tmp_path / "a"), dequantised(tmp_path / "b")
    assert all(torch.allclose(one[name], other[name], rtol=1e-3, atol=1e-6) for name in one)


def test_too_large_a_file_is_refused_and_not_left_behind(tmp_path):
    with pytest.raises(TooLarge, match="may ship"):
        export(tensors(), tmp_path / "net", limit=1000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e6])
@pytest.mark.parametrize("name", ["small", "kernel"])
def test_what_does_not_survive_rounding_is_refused(tmp_path, value, name):
    given = tensors()
    given[name][7, 1] = value if value != 1e6 else (1e6 if name == "small" else 1e8)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=name):
        export(given, tmp_path / "net")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=40, deadline=None)
@given(arrays.arrays(np.float32, (4, 1200), elements=st.floats(-1000, 1000, width=32)))
def test_any_row_keeps_its_sign_and_its_largest_value(values):
    small = quantised({"x": values})
    back = small["x"].astype(np.float32) * small["x.scale"].astype(np.float32)[:, None]
    largest = np.abs(values).max(1)
    assert (np.abs(back).max(1) <= largest * 1.001 + 2.0**-24 * 127).all()
    assert (np.abs(back - values) <= (largest[:, None] / 127 * 0.501) + 2.0**-24).all()
