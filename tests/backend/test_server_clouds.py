"""Clouds, depths and cut-outs by way of the real server, from clients that mean well and from others."""

import os
import threading
import time

import numpy as np
import pytest
from cloud_jobs import Keeper, depth_arrays, gaussians, sphere_arrays
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from maquette.backend import engines
from maquette.backend import server as server_module
from maquette.backend.lifeline import Settings
from maquette.backend.protocol import (
    AskStatus,
    Failure,
    Free,
    Picture,
    Request,
    Result,
    Status,
    Submit,
)
from maquette.backend.runtime import device
from maquette.backend.shapes.files.cloud import write_cloud
from shelf import Shelf
from test_server import TOKEN, Client

CLOUD = {"engine": "keeper", "output": "cloud"}


class Running:
    """A server in a thread of its own, and its one engine."""

    def __init__(self, catalogue=None, **settings_):
        self.keeper = Keeper()
        catalogue = catalogue or Shelf(self.keeper, Keeper("pocket"))
        self._server = server_module.Server(Settings(token=TOKEN, **settings_), catalogue)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        self.client = Client(self._server.port)

    def ask(self, request, job="a"):
        self.client.send(Submit(job, request))
        return self.client.until(Result, Failure)

    def end(self):
        self.client.close()
        self._server.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture(scope="module")
def running():
    prepare, server_module.prepare_compute = server_module.prepare_compute, lambda settings_: ""
    made = Running()
    yield made
    made.end()
    server_module.prepare_compute = prepare


def test_a_file_comes_back_as_gaussians(running, tmp_path):
    write_cloud(tmp_path / "scene.ply", gaussians())
    result = running.ask(Request(**CLOUD, file=str(tmp_path / "scene.ply"), preset="fine"))
    got = {name: np.asarray(array) for name, array in result.arrays.items()}
    assert result.kind == "cloud"
    assert {name: (array.dtype, array.shape[1]) for name, array in got.items()} == {
        "points": (np.float32, 3), "colours": (np.uint8, 4), "scales": (np.float32, 3), "rotations": (np.float32, 4),
    }  # fmt: skip
    assert 0 < got["points"][:, 2].min() < 0.02 and got["colours"][0, 3] == round(0.9 * 255)


def test_arrays_come_back_as_points(running):
    result = running.ask(Request(**CLOUD, arrays=sphere_arrays()))
    assert set(result.arrays) == {"points", "colours", "normals"} and result.report.vertices == 500
    result = running.ask(Request(**CLOUD, arrays=depth_arrays()))
    assert result.report.vertices == 12  # what is seen of the first view


def test_a_picture_comes_back_cut_out(running):
    pixels = np.full((50, 70, 4), 255, np.uint8)
    pixels[10:40, 20:50, :3] = (10, 90, 10)
    result = running.ask(Request(images=(Picture(pixels),), output="cutout"))
    got = np.asarray(result.arrays["pixels"])
    assert result.kind == "cutout" and got.shape == (50, 70, 4) and got.dtype == np.uint8
    assert got[25, 35, 3] == 255 and got[0, 0, 3] == 0


@pytest.fixture
def real(monkeypatch):
    """The engines of the product."""
    monkeypatch.setattr(server_module, "prepare_compute", lambda settings_: "")
    made = Running(catalogue=engines)
    yield made
    made.end()
    server_module.store.configure()


def test_the_real_engine_meshes_points_of_an_object(real):
    result = real.ask(Request("splat", arrays=sphere_arrays(3000), preset="fast", target_faces=2000))
    assert result.kind == "mesh" and result.report.watertight and result.report.faces <= 2000
    vertices = np.asarray(result.arrays["vertices"])
    np.testing.assert_allclose([vertices.min(0), vertices.max(0)], [[-0.5, -0.5, 0], [0.5, 0.5, 1]], atol=0.01)
    assert np.abs(np.asarray(result.arrays["colours"]).astype(int) - (20, 40, 200, 255)).max() <= 3


@pytest.mark.parametrize(
    "path",
    ["/dev/zero", "/dev/stdin", "/proc/self/mem", "/etc/passwd", "//host/share/x.ply", "/", "C:\\x.ply", "\0.ply"],
)
def test_no_path_makes_the_real_engine_wait(real, path, tmp_path):
    told = real.ask(Request("splat", file=path))
    assert isinstance(told, Failure) and told.code == "bad_request"
    if path.startswith("/dev") and hasattr(os, "symlink"):  # nor under another name
        os.symlink(path, tmp_path / "scene.ply")
        assert real.ask(Request("splat", file=str(tmp_path / "scene.ply"))).code == "bad_request"


def test_a_file_that_lies_about_its_length_is_a_sentence(real, tmp_path):
    head = "ply\nformat binary_little_endian 1.0\nelement vertex {}\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz") + "end_header\n"
    for count in (10**9, 10**18, 5):
        (tmp_path / "scene.ply").write_bytes(head.format(count).encode() + bytes(24))
        told = real.ask(Request("splat", file=str(tmp_path / "scene.ply")))
        assert isinstance(told, Failure) and told.code == "unreadable_cloud" and told.fix


ARRAY = st.one_of(
    arrays(np.float32, array_shapes(max_dims=4, max_side=4)),
    arrays(np.uint8, array_shapes(max_dims=4, max_side=4)),
    arrays(np.int32, array_shapes(max_dims=4, max_side=4)),
)
NAMES = st.one_of(st.sampled_from(("points", "colours", "normals", "rgba", "depths", "poses", "views")), st.text())
OPTIONS = st.dictionaries(
    st.sampled_from(("keep_scale", "up", "other")),
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(NAMES, ARRAY, max_size=4),
    st.text(max_size=20),
    st.sampled_from(("mesh", "cloud", "cutout", "", "x" * 99)),
    st.sampled_from(("keeper", "pocket", "")),
    OPTIONS,
)
def test_whatever_comes_is_done_or_refused_in_a_sentence(running, arrays_, file, output, engine, options):
    request = Request(engine=engine, arrays=arrays_, file=file, output=output, options=options)
    told = running.ask(request)
    assert isinstance(told, Result) or (told.code in REFUSALS and told.sentence and told.fix), told
    running.client.send(AskStatus())
    assert running.client.until(Status).running == ""


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_right_request_with_one_wrong_thing_is_done_or_refused(running, data):
    arrays_ = data.draw(st.sampled_from((sphere_arrays, depth_arrays)))()
    name = data.draw(st.sampled_from(sorted(arrays_)))
    changed = arrays_[name].copy()
    at = data.draw(st.integers(0, changed.size - 1))
    numbers = st.floats(width=32) if changed.dtype == np.float32 else st.integers(0, 255)
    changed.reshape(-1)[at] = data.draw(numbers)
    told = running.ask(Request(**CLOUD, arrays={**arrays_, name: changed}, options=data.draw(OPTIONS)))
    assert isinstance(told, Result) or (told.code in REFUSALS and told.sentence and told.fix), told
    if isinstance(told, Result):
        assert np.isfinite(np.asarray(told.arrays["points"])).all()


REFUSALS = {"bad_request", "input_not_taken", "unknown_engine", "empty_surface"}


# ------------------------------------------------------------------------------------ giving memory back


def until(true):
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_engines_give_back_their_memory_when_asked(running):
    running.ask(Request(**CLOUD, arrays=sphere_arrays()))
    before = running.keeper.unloaded
    running.client.send(Free())
    assert isinstance(running.client.until(Status), Status)
    until(lambda: running.keeper.unloaded == before + 1)


def test_a_status_tells_of_the_device_once_there_is_one(running, monkeypatch):
    running.client.send(AskStatus())
    status = running.client.until(Status)
    assert (status.device, status.device_memory) == ("", 0)
    monkeypatch.setattr(device, "_chosen", device.Device("cuda", "RTX 4070, CUDA 12.8", "bfloat16"))
    card = type("Card", (), {"memory_reserved": staticmethod(lambda: 7 << 20)})
    monkeypatch.setattr(device, "_torch", type("Torch", (), {"cuda": card}))
    running.client.send(AskStatus())
    status = running.client.until(Status)
    assert (status.device, status.device_memory) == ("RTX 4070, CUDA 12.8", 7 << 20)


def test_all_but_the_small_engine_rest_when_nothing_comes(monkeypatch):
    monkeypatch.setattr(server_module, "prepare_compute", lambda settings_: "")
    kept = []
    monkeypatch.setattr(Shelf, "unload", lambda self, keep="": kept.append(keep))
    made = Running(idle_minutes=10)
    try:
        assert made._server._jobs._rest_after == 600
        made._server._jobs._rest_after = 0.05
        made.ask(Request(**CLOUD, arrays=sphere_arrays()))
        until(lambda: kept == ["pocket"])
    finally:
        made.end()


def test_the_folder_for_weights_is_the_one_it_was_told(tmp_path, monkeypatch):
    monkeypatch.setattr(server_module, "prepare_compute", lambda settings_: "")
    store = server_module.store
    made = Running(weights_dir=str(tmp_path / "elsewhere"), data_dir=str(tmp_path / "data"))
    try:
        assert store.shelf().root == tmp_path / "elsewhere"
    finally:
        made.end()
    made = Running(data_dir=str(tmp_path / "data"))
    try:
        monkeypatch.delenv("MAQUETTE_WEIGHTS", raising=False)
        assert store.shelf().root == tmp_path / "data" / "weights"
    finally:
        made.end()
        store.configure()
