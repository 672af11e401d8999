"""Unpacking wheels: where members go, what stays out, and that nothing leaves the folder."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest
from environment_kit import make_wheel
from hypothesis import given
from hypothesis import strategies as st
from maquette.backend.runtime.environment.unpack import BadWheel, destination, unpack


def test_members_go_to_site_packages_and_data_to_its_place(tmp_path):
    data = "toy-1.0.data"
    files = {
        "toy/__init__.py": "x = 1",
        f"{data}/purelib/toy/extra.py": "y = 2",
        f"{data}/platlib/toy/more.py": "z = 3",
        f"{data}/scripts/toy": "#!python",
        f"{data}/headers/toy.h": "",
        "torch/include/ATen/ops/add.h": "",
        "torch/share/cmake/Torch.cmake": "",
        "torch/lib/libtorch.so": b"\x7fELF",
    }
    written = []
    unpack(make_wheel(tmp_path, "toy", files), tmp_path / "site", written.append)
    found = {
        path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*") if path.is_file()
    }
    assert {name for name in found if ".dist-info" not in name} == {
        "toy/__init__.py", "toy/extra.py", "toy/more.py", "torch/lib/libtorch.so"
    }  # fmt: skip
    assert sum(written) == sum(path.stat().st_size for path in (tmp_path / "site").rglob("*") if path.is_file())


def test_a_second_time_replaces_what_is_there(tmp_path):
    site = tmp_path / "site"
    unpack(make_wheel(tmp_path / "a", "toy", {"toy/x.py": "a longer text"}), site, lambda count: None)
    unpack(make_wheel(tmp_path / "b", "toy", {"toy/x.py": "b"}), site, lambda count: None)
    assert (site / "toy/x.py").read_text() == "b"


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_in_the_way_is_replaced_not_followed(tmp_path):
    (tmp_path / "precious").write_text("keep")
    (tmp_path / "site/toy").mkdir(parents=True)
    (tmp_path / "site/toy/x.py").symlink_to(tmp_path / "precious")
    unpack(make_wheel(tmp_path, "toy", {"toy/x.py": "new"}), tmp_path / "site", lambda count: None)
    assert (tmp_path / "precious").read_text() == "keep" and (tmp_path / "site/toy/x.py").read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_programs_stay_programs(tmp_path):
    path = tmp_path / "toy-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("toy/bin/run")
        info.external_attr = 0o100755 << 16
        archive.writestr(info, "#!/bin/sh")
        archive.writestr(zipfile.ZipInfo("toy/data"), "")
    unpack(path, tmp_path / "site", lambda count: None)
    assert (tmp_path / "site/toy/bin/run").stat().st_mode & stat.S_IXUSR
    assert not (tmp_path / "site/toy/data").stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize(
    "name", ["../evil.py", "/etc/passwd", "toy/../../evil.py", "C:/evil.py", "toy\\..\\evil.py", ""]
)
def test_an_unsafe_name_ends_it(tmp_path, name):
    with pytest.raises(BadWheel, match="unsafe name"):
        destination(name)
    path = tmp_path / "toy.whl"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("x")
        info.filename = name
        archive.writestr(info, "evil")
    if name and "\\" not in name:  # zipfile itself turns those around
        with pytest.raises(BadWheel):
            unpack(path, tmp_path / "a/b/site", lambda count: None)
        assert not list(tmp_path.rglob("evil.py"))


@given(st.text(st.sampled_from("./\\:ab\0-_é .data"), max_size=30))
def test_no_name_leads_out(name):
    try:
        inner = destination(name)
    except BadWheel:
        return
    if inner is not None:
        root = Path("/site")
        assert Path(os.path.normpath(root / inner)).is_relative_to(root)


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x05\x06" + bytes(18), b"PK\x03\x04" + bytes(99)])
def test_what_is_no_wheel_is_refused_or_empty(tmp_path, data):
    path = tmp_path / "toy.whl"
    path.write_bytes(data)
    if data.startswith(b"PK\x05"):  # an empty zip is whole
        unpack(path, tmp_path / "site", lambda count: None)
        assert not (tmp_path / "site").exists()
    else:
        with pytest.raises(BadWheel, match=r"toy\.whl is damaged"):
            unpack(path, tmp_path / "site", lambda count: None)


def test_a_member_with_a_wrong_sum_is_refused(tmp_path):
    path = make_wheel(tmp_path, "toy", {"toy/x.py": "a" * 1000})
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"a" * 1000, b"a" * 999 + b"b"))
    with pytest.raises(BadWheel, match="damaged"):
        unpack(path, tmp_path / "site", lambda count: None)
