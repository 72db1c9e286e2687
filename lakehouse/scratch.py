"""A lake of its own for an experiment: made beside the real one, dropped at the end."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lakehouse.errors import CatalogNotNamed
from lakehouse.secrets import without_passwords
from lakehouse.settings import Settings

_PREFIX = "postgres:"


@contextmanager
def scratch_lake(settings: Settings, purpose: str) -> Iterator[Settings]:
    """Settings of an empty lake in a new database of the same PostgreSQL; dropped with its files on exit.

    Args:
        settings: the real lake's; nothing in it is touched.
        purpose: a short word that the database's name carries.

    Raises:
        CatalogNotNamed: the settings name no PostgreSQL catalog.
    """
    if settings.catalog is None or not settings.catalog.startswith(_PREFIX):
        raise CatalogNotNamed(
            without_passwords(f"a scratch lake needs a catalog that starts with {_PREFIX!r}, not {settings.catalog!r}")
        )
    conninfo = settings.catalog.removeprefix(_PREFIX)
    database = f"vigil_{purpose}_{uuid.uuid4().hex[:12]}"
    settings.home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=settings.home)).resolve()
    with psycopg.connect(conninfo, autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
        try:
            catalog = _PREFIX + make_conninfo("", **{**conninfo_to_dict(conninfo), "dbname": database})
            yield settings.model_copy(update={"catalog": catalog, "data_path": str(folder)})
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))
            shutil.rmtree(folder)
