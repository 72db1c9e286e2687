"""dbt-duckdb's door to the lake: it attaches through the same function as everything else."""

from __future__ import annotations

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from lakehouse.attach import ALIAS, attach
from lakehouse.settings import Settings


class Plugin(BasePlugin):
    """Attach the lake of the environment's settings to the connection dbt opens."""

    def initialize(self, config: dict[str, Any]) -> None:  # noqa: ARG002 (the base class's signature)
        # dbt-duckdb writes other DDL for DuckLake, which it recognises by a path in its own attach list only.
        assert self.creds is not None
        self.creds._ducklake_dbs.add(ALIAS)

    def configure_connection(self, conn: Any) -> None:
        settings = Settings()
        if settings.threads:
            conn.execute(f"set threads = {settings.threads}")
        attach(conn, settings)
