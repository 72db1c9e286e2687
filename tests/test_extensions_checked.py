"""DuckDB's extensions are loaded unchecked only where this process has checked the very file, and no others ever."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from lakehouse import attach
from lakehouse.attach import connect
from lakehouse.settings import Settings


@pytest.fixture
def unchecked() -> Iterator[None]:
    """A process that has checked nothing yet."""
    attach._checked_extension.cache_clear()
    yield
    attach._checked_extension.cache_clear()


@pytest.mark.usefixtures("unchecked")
def test_a_changed_extension_is_refused(
    catalog: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = attach._checked_extension("ducklake").read_bytes()
    attach._checked_extension.cache_clear()
    changed = tmp_path / "ducklake.duckdb_extension"
    # A letter of a message, so that but for the check it would load.
    changed.write_bytes(whole.replace(b"DuckLake is explicitly disabled", b"duckLake is explicitly disabled"))
    assert changed.read_bytes() != whole
    real = importlib.import_module
    package = SimpleNamespace(__file__=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(
        importlib, "import_module", lambda name: package if name == "duckdb_extension_ducklake" else real(name)
    )
    with pytest.raises(duckdb.IOException, match="signature"):
        connect(Settings(home=tmp_path, catalog=catalog[0], data_path=str(catalog[1])))


def test_a_connection_loads_no_unsigned_extension(catalog: tuple[str, Path], tmp_path: Path) -> None:
    with connect(Settings(home=tmp_path, catalog=catalog[0], data_path=str(catalog[1]))) as connection:
        setting = "select current_setting('allow_unsigned_extensions')"
        assert connection.execute(setting).fetchone() == (False,)
        with pytest.raises(duckdb.InvalidInputException):
            connection.execute("set global allow_unsigned_extensions = true")
