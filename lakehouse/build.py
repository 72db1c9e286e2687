"""dbt on one lake, at one pin; in this process, since loading dbt takes longer than many a build."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.contract import table_name
from lakehouse.attach import connect
from lakehouse.errors import BuildFailed, CatalogNotNamed
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).parents[1] / "dbt_project"

# A dbt event as its structured log has it: "info" with name, level and message, "data" by the kind of event.
Event = dict[str, Any]

_parsed: dict[Path, tuple[float, Manifest]] = {}


def dbt(
    settings: Settings,
    pin: int,
    target: Path,
    *arguments: str,
    on_event: Callable[[Event], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, str]:
    """Run ``dbt ARGUMENTS`` and return the status of each node, such as ``{"model.vigil.alerts": "success"}``.

    One at a time in a process: dbt keeps its state in modules.

    Args:
        settings: the lake's.
        pin: the snapshot of landing that all models read.
        target: dbt's folder for what it compiles.
        on_event: told of every event that dbt would print, in dbt's thread.
        stop: asked before each node; once it says so, no further node runs.

    Raises:
        BuildFailed: dbt could not run, was stopped, or a node failed; the message holds what dbt said of it.
        KeyboardInterrupt: this process was interrupted; no statement is left running.
    """
    if settings.catalog is None:
        raise CatalogNotNamed("a build needs a lake: start the local services with 'vigil up', or set VIGIL_CATALOG")
    complaints: list[str] = []

    def listen(event: Event) -> None:
        if event["info"]["name"] == "LogStartLine" and stop():
            # Within a node's own error handling: dbt counts the node as failed and goes on to the next.
            raise InterruptedError("stopped")
        if event["info"]["level"] == "error":
            complaints.append(event["info"]["msg"])
        on_event(event)

    variables = {
        "VIGIL_HOME": str(settings.home.resolve()),
        "VIGIL_CATALOG": settings.catalog,
        "VIGIL_DATA_PATH": settings.lake_data_path,
        "VIGIL_PIN": str(pin),
        **_ledger(settings, pin),
    }
    if settings.threads:
        variables["VIGIL_THREADS"] = str(settings.threads)
    if settings.today:
        variables["VIGIL_TODAY"] = settings.today.isoformat()
    project = parsed_project()
    with _environment(variables):
        result = _invoke([*arguments], target, project, listen)
    if isinstance(result.exception, KeyboardInterrupt):
        raise result.exception
    if not result.success:
        said = "\n".join([*complaints, *([str(result.exception)] if result.exception else [])])
        raise BuildFailed(f"dbt {' '.join(arguments)} failed at pin {pin}:\n{said}") from result.exception
    # The hooks of the run's start are results, too, but no nodes that anybody asked for.
    results = [each for each in result.result.results if each.node.resource_type != "operation"]  # type: ignore[union-attr]
    return {each.node.unique_id: str(each.status) for each in results}


def _ledger(settings: Settings, pin: int) -> dict[str, str]:
    """What models have taken, and which topics were landed again: read once, since a query of dbt takes it 20 ms."""
    with connect(settings, read_only=True) as connection:
        watermarks = connection.execute(
            "select model, arg_max(pin, built_at) from lake.ledger.watermarks group by all"
        ).fetchall()
        rewinds = connection.execute(
            "select topic, max(snapshot_id) from lake.ledger.rewinds where snapshot_id <= ? group by all", [pin]
        ).fetchall()
    return {
        "VIGIL_WATERMARKS": json.dumps(dict(watermarks)),
        "VIGIL_REWINDS": json.dumps({table_name(topic): snapshot for topic, snapshot in rewinds}),
    }


def manifest_file() -> Path:
    """The project's manifest.json, newer than every file it was made from; dbt writes it if it is not."""
    path = PROJECT / "target" / "manifest.json"
    with _exclusive():
        if not path.exists() or path.stat().st_mtime < _changed():
            _parse()
    return path


def parsed_project() -> Manifest:
    """The project as dbt parsed it: once a process, and again when a file of it changed."""
    parsed = _parsed.get(PROJECT)
    if parsed is None or parsed[0] != _changed():
        with _exclusive():
            return _parse()
    return parsed[1]


def _parse() -> Manifest:
    changed = _changed()
    # Without the lake's variables: dbt parses all again whenever one that the profile reads differs from before.
    complaints: list[str] = []
    with _environment({}, without="VIGIL_"):
        result = _invoke(["parse"], PROJECT / "target", None, lambda event: complaints.append(event["info"]["msg"]))
    if not result.success:
        raise BuildFailed("\n".join([f"dbt cannot parse {PROJECT}:", *complaints, str(result.exception or "")]))
    manifest: Manifest = result.result  # type: ignore[assignment]
    _parsed[PROJECT] = changed, manifest
    return manifest


def _invoke(
    arguments: list[str], target: Path, manifest: Manifest | None, on_event: Callable[[Event], None]
) -> dbtRunnerResult:
    # Imported late: most commands build nothing.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt_common.events.functions import msg_to_dict

    def listen(message: Any) -> None:
        if message.info.level not in ("debug", "test"):
            on_event(msg_to_dict(message))

    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target)]
    # Who listens has what dbt says; its own log would stay open when it is done.
    quiet = ["--log-level", "none", "--log-level-file", "none"]
    if manifest:
        # A run is told of by its events; nobody reads the manifest that each would write again.
        quiet.append("--no-write-json")
    try:
        # dbt changes into the project's folder.
        with contextlib.chdir(Path.cwd()):
            return dbtRunner(manifest, [listen]).invoke([*arguments, *folders, *quiet])
    finally:
        # It keeps its connection for the next run of equal settings, which may be on another lake.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _environment(variables: dict[str, str], without: str | None = None) -> Iterator[None]:
    former = dict(os.environ)
    for name in [name for name in former if without is not None and name.startswith(without)]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(former)


@contextlib.contextmanager
def _exclusive() -> Iterator[None]:
    """The web server, the daemon and a command may all read the project at once."""
    target = PROJECT / "target"
    target.mkdir(exist_ok=True)
    with (target / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _changed() -> float:
    """When a file of the project last changed, in seconds since 1970."""
    return max(source.stat().st_mtime for source in _sources())


def _sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(PROJECT):
        folders[:] = [name for name in folders if name not in ("target", "logs", "__pycache__")]
        yield from (Path(folder, name) for name in files if Path(name).suffix in (".sql", ".yml", ".csv", ".md"))
