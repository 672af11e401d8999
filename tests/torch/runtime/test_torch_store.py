"""Files of torch's own kind are read by torch, and run nothing."""

import pickle
from types import SimpleNamespace

import pytest
import torch
from maquette.backend.errand import Errand
from maquette.backend.errors import BadWeights
from maquette.backend.protocol import EngineInfo, WeightsInfo
from maquette.backend.runtime.store.adopt import adopt
from maquette.backend.runtime.store.contents import Tensor, read_contents
from maquette.backend.runtime.store.shelf import Shelf

STATE = {
    "a.weight": torch.zeros(4, 5, dtype=torch.float16),
    "a.bias": torch.zeros(4, dtype=torch.bfloat16),
    "count": torch.tensor(3),
}
FOUND = {"a.weight": Tensor((4, 5), "F16"), "a.bias": Tensor((4,), "BF16"), "count": Tensor((), "I64")}


@pytest.mark.parametrize("name", ["w.pth", "w.pt", "w.ckpt", "w.bin"])
def test_reads_names_shapes_and_types(tmp_path, name):
    torch.save(STATE, tmp_path / name)
    assert read_contents(tmp_path / name) == FOUND


@pytest.mark.parametrize("wrapper", ["state_dict", "model", "params_ema"])
def test_what_training_programs_put_around_is_taken_off(tmp_path, wrapper):
    torch.save({"epoch": 3, wrapper: STATE, "optimizer": {"lr": 0.1}}, tmp_path / "w.pth")
    assert read_contents(tmp_path / "w.pth") == FOUND


def test_networks_side_by_side_keep_their_names(tmp_path):
    torch.save({"first": STATE, "second": {"x": torch.zeros(2)}, "step": 7}, tmp_path / "w.pth")
    found = read_contents(tmp_path / "w.pth")
    assert found["first.a.weight"] == FOUND["a.weight"] and found["second.x"] == Tensor((2,), "F32")


class Hostile:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (str(self.mark), "w")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("new", [True, False])
def test_a_file_that_wants_to_run_code_is_refused(tmp_path, new):
    torch.save({"a": Hostile(tmp_path / "ran")}, tmp_path / "w.pth", _use_new_zipfile_serialization=new)
    with pytest.raises(BadWeights, match=r"w\.pth cannot be read safely"):
        read_contents(tmp_path / "w.pth")
    (tmp_path / "x.pth").write_bytes(pickle.dumps(Hostile(tmp_path / "ran")))
    with pytest.raises(BadWeights, match="cannot be read safely"):
        read_contents(tmp_path / "x.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"x" * 1000])
def test_damage_is_told(tmp_path, content):
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(BadWeights):
        read_contents(tmp_path / "w.pth")


def test_a_cut_file_is_told(tmp_path):
    torch.save(STATE, tmp_path / "w.pth")
    whole = (tmp_path / "w.pth").read_bytes()
    for length in range(0, len(whole), 97):
        (tmp_path / "w.pth").write_bytes(whole[:length])
        with pytest.raises(BadWeights):
            read_contents(tmp_path / "w.pth")


def test_a_file_without_weights_is_told(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "w.pth")
    with pytest.raises(BadWeights, match="holds no weights"):
        read_contents(tmp_path / "w.pth")


def test_the_users_own_file_is_recognised_by_its_tensors(tmp_path):
    torch.save({"state_dict": STATE}, tmp_path / "mine.ckpt")
    info = EngineInfo("toy", "Toy", "", ("image",), "gpu", "MIT", "MIT", (WeightsInfo("toy.ckpt", 99, "0" * 64),))
    toy = SimpleNamespace(info=info, tensors=lambda file: {name: found.shape for name, found in FOUND.items()})
    shelf = Shelf(tmp_path / "weights")
    adopt(shelf, info, toy, [tmp_path / "mine.ckpt"], Errand("toy", quiet=True))
    assert shelf.states(info)[0].usable and shelf.states(info)[0].own
