"""The zips under test, built once a session."""

from __future__ import annotations

from pathlib import Path

import pytest
from maquette.build_tools import package


@pytest.fixture(scope="session")
def zips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Platform → its zip, for every platform and the universal one."""
    out = tmp_path_factory.mktemp("zips")
    return {name: package.build_zip(name, out) for name in (*package.PLATFORMS, package.UNIVERSAL)}
