"""Where the lake, its catalog and its broker are: one place reads the environment."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

# What VIGIL_FILE_UNDER says for every profile there is.
EVERY = "all"


class Settings(BaseSettings):
    """Settings from the environment; ``VIGIL_`` precedes each name but Kafka's own.

    The ``vigil`` command starts what is not named here and sets these variables for the processes below it, so that
    dbt, Dagster and the sinks all see the same lake.
    """

    model_config = SettingsConfigDict(env_prefix="VIGIL_", extra="ignore", populate_by_name=True)

    home: Path = Field(Path(".vigil"), description="Folder of all local state.")
    catalog: str | None = Field(None, description="DuckLake catalog, such as postgres:host=… dbname=…")
    data_path: str | None = Field(None, description="Folder of the lake's Parquet files; <home>/lake if unset.")
    kafka_bootstrap_servers: str | None = Field(
        None, validation_alias="KAFKA_BOOTSTRAP_SERVERS", description="Brokers, as in librdkafka's bootstrap.servers."
    )
    sink_file: Path | None = Field(None, description="File of the sinks' settings; they reach the brokers by them.")
    memory_limit: str = Field("4GB", description="DuckDB's memory limit of one process.")
    threads: int | None = Field(None, ge=1, description="DuckDB's threads of one process; all cores if unset.")
    profiles: Path | None = Field(None, description="Folder of the site's own profiles of filings, one folder each.")
    today: date | None = Field(
        None, description="The day from which deadlines are counted; that of the build's pin if unset."
    )
    file_under: str | None = Field(
        None, description=f"Profiles, parted by commas, filed whatever the jurisdiction asks for; '{EVERY}' for each."
    )
    schemas: Path | None = Field(None, description="Folder of the regulators' XSD files, as goaml/ and fincen/.")

    @property
    def lake_data_path(self) -> str:
        """The lake's data path, absolute where it is a folder."""
        if self.data_path is None:
            return str((self.home / "lake").resolve())
        return self.data_path if "://" in self.data_path else str(Path(self.data_path).resolve())

    def files(self, profile: str) -> bool:
        """Whether ``profile`` is to be filed even where the law of the jurisdiction does not ask for it."""
        named = [each.strip() for each in (self.file_under or "").split(",")]
        return profile in named or EVERY in named
