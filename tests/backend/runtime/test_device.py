"""The device is chosen by what torch says and by what it can do; nothing here imports torch."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from maquette.backend.errors import BadRuntime
from maquette.backend.runtime import device

ROOT = Path(__file__).resolve().parents[3]


class Ones:
    """A tensor of 8 × 8 ones, or one that its device cannot multiply."""

    def __init__(self, error=None, total=512.0):
        self._error, self._total = error, total

    def __matmul__(self, other):
        if self._error:
            raise self._error
        return self

    def sum(self):
        return self._total


class Card:
    """torch.cuda of one card."""

    def __init__(self, name="NVIDIA GeForce RTX 4070", capability=(8, 9), available=True):
        self.name, self.capability, self.available = name, capability, available
        self.calls = []

    def is_available(self):
        return self.available

    def get_device_name(self):
        return self.name

    def get_device_capability(self):
        return self.capability

    def is_bf16_supported(self):
        return True

    def mem_get_info(self):
        return 3 << 30, 12 << 30

    def memory_reserved(self):
        return 2 << 30

    def max_memory_reserved(self):
        return 5 << 30

    def reset_peak_memory_stats(self):
        self.calls.append("reset")

    def empty_cache(self):
        self.calls.append("empty")


def metal(available):
    return SimpleNamespace(is_available=lambda: available)


def torch(card=None, mps=None, broken=None, wrong=(), hip=None):
    """A torch with these devices. ``broken`` kind → error of its kernels; ``wrong`` kinds whose sums are."""
    broken = broken or {}
    made = SimpleNamespace(
        __version__="2.9.0",
        version=SimpleNamespace(cuda=None if hip else "12.8", hip=hip),
        cuda=card or Card(available=False),
        backends=SimpleNamespace(mps=metal(mps is not None)),
        mps=mps,
        ones=lambda shape, device: Ones(broken.get(device), 0.0 if device in wrong else 512.0),
    )
    return made


@pytest.fixture
def use(monkeypatch):
    monkeypatch.delenv(device.OVERRIDE, raising=False)
    device.forget()

    def put(fake):
        device.forget()
        monkeypatch.setitem(sys.modules, "torch", fake)
        return device.choose()

    yield put
    device.forget()


def test_a_card_comes_first_then_metal_then_the_processor(use, monkeypatch):
    mps = SimpleNamespace()
    monkeypatch.setattr(device, "_apple_chip", lambda: "Apple M2")
    assert use(torch(Card(), mps)) == device.Device("cuda", "RTX 4070, CUDA 12.8", "bfloat16")
    assert use(torch(None, mps)) == device.Device("mps", "Apple M2, Metal", "float32")
    assert use(torch()) == device.Device("cpu", "", "float32")
    assert device.current().accelerated is False


@pytest.mark.parametrize(
    ("capability", "dtype"), [((9, 0), "bfloat16"), ((8, 0), "bfloat16"), ((7, 5), "float16"), ((6, 1), "float16")]
)
def test_halves_are_those_that_the_card_knows(use, capability, dtype):
    assert use(torch(Card(capability=capability))).dtype == dtype


def test_a_card_of_amd_is_called_by_its_name(use):
    found = use(torch(Card("AMD Radeon RX 7900 XTX", (11, 0)), hip="6.2.41133-dd7f95766"))
    assert (found.kind, found.title, found.dtype) == ("cuda", "AMD Radeon RX 7900 XTX, ROCm 6.2.41133", "bfloat16")


def test_a_card_that_cannot_compute_is_passed_over_with_a_word(use):
    error = RuntimeError("CUDA error: no kernel image is available for execution on the device\nCompile with …")
    found = use(torch(Card("NVIDIA GeForce GTX 770", (3, 0)), broken={"cuda": error}))
    assert (found.kind, found.title) == ("cpu", "")
    assert "graphics card was passed over: CUDA error: no kernel image" in found.note and "\n" not in found.note
    assert "sums are wrong" in use(torch(Card(), wrong={"cuda"})).note


def test_the_environment_may_decide(use, monkeypatch):
    monkeypatch.setenv(device.OVERRIDE, "CPU")
    assert use(torch(Card())).kind == "cpu"
    monkeypatch.setenv(device.OVERRIDE, "mps")
    assert use(torch(Card())).kind == "cpu"  # there is none
    monkeypatch.setenv(device.OVERRIDE, "quantum")
    assert use(torch(Card())).kind == "cuda"


def test_the_choice_is_made_once(use):
    first = use(torch(Card()))
    sys.modules["torch"].cuda.available = False
    assert device.choose() is first is device.current()


def test_the_memory_of_a_card(use):
    card = Card()
    use(torch(card))
    assert (device.free_memory(), device.total_memory()) == (3 << 30, 12 << 30)
    assert (device.held_memory(), device.peak_memory()) == (2 << 30, 5 << 30)
    device.forget_peak()
    device.empty_cache()
    assert card.calls == ["reset", "empty"]


def test_the_memory_of_metal_is_the_computers(use, monkeypatch):
    emptied = []
    mps = SimpleNamespace(
        recommended_max_memory=lambda: 10 << 30,
        driver_allocated_memory=lambda: 4 << 30,
        empty_cache=lambda: emptied.append(1),
    )
    use(torch(None, mps))
    monkeypatch.setattr(device.memory, "free_memory", lambda: 5 << 30)
    assert (device.free_memory(), device.total_memory(), device.held_memory()) == (5 << 30, 10 << 30, 4 << 30)
    monkeypatch.setattr(device.memory, "free_memory", lambda: 8 << 30)
    assert device.free_memory() == 6 << 30
    assert device.peak_memory() == 4 << 30
    device.empty_cache()
    assert emptied == [1]


def test_a_driver_that_raises_is_one_that_does_not_tell(use):
    class Gone(Card):
        def _raise(self, *_):
            raise RuntimeError("CUDA error: unspecified launch failure")

        mem_get_info = memory_reserved = max_memory_reserved = reset_peak_memory_stats = empty_cache = _raise

    use(torch(Gone()))
    assert (device.free_memory(), device.total_memory(), device.held_memory(), device.peak_memory()) == (0, 0, 0, 0)
    device.forget_peak()
    device.empty_cache()


def test_before_torch_there_is_only_the_processor():
    device.forget()
    assert device.current() == device.Device()
    assert (device.held_memory(), device.peak_memory()) == (0, 0)
    assert device.free_memory() > 0 and device.total_memory() > device.free_memory()
    device.empty_cache()


def test_a_missing_torch_and_a_broken_one_are_two_sentences(use, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BadRuntime, match="not installed"):
        device.choose()
    monkeypatch.setattr(device, "torch_present", lambda: True)

    def broken(name):
        raise OSError("libcudart.so.12: cannot open shared object file\nand more")

    monkeypatch.setattr(device.importlib, "import_module", broken)
    with pytest.raises(BadRuntime, match=r"cannot be loaded \(libcudart.so.12: cannot open shared object file\)"):
        device.choose()


def test_asking_loads_nothing():
    code = (
        "import sys; from backend.runtime import device\n"
        "device.torch_present(); device.current(); device.held_memory(); device.free_memory(); device.empty_cache()\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
