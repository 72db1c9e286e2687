"""The dbt project as Dagster sees it, and a run of it as a step's events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
from dagster_dbt.dbt_manifest import validate_manifest

from lakehouse import build
from lakehouse.settings import Settings


class ByLayer(DagsterDbtTranslator):
    """Groups the models in Dagster's pages as the lake's schemas do."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props["schema"])


# A source's test as a check would sit on landing, and a step that checks an asset is not blocked by that asset's other
# checks: dbt would run past a shut landing gate.
TRANSLATOR = ByLayer(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False))


def stream(context: dg.AssetExecutionContext, settings: Settings, pin: int, *arguments: str) -> Iterator[Any]:
    """Run ``dbt ARGUMENTS`` on the assets that ``context`` selects; outputs and check results as they come.

    dbt runs in a thread beside. When the step is interrupted, dbt ends with the node it is at.

    Raises:
        BuildFailed: dbt could not run, or a node failed.
    """
    selected = get_updated_cli_invocation_params_for_context(
        context, validate_manifest(build.manifest_file()), TRANSLATOR
    )
    arguments = (*arguments, *selected.selection_args)
    if selected.indirect_selection:
        arguments = (*arguments, "--indirect-selection", selected.indirect_selection)
    target = settings.home / "dbt" / context.op_execution_context.op.name
    events: SimpleQueue[build.Event | None] = SimpleQueue()
    over = Event()

    def put(event: build.Event) -> None:
        print(event["info"]["msg"])
        events.put(event)

    with ThreadPoolExecutor(1, thread_name_prefix="dbt") as beside:
        run = beside.submit(build.dbt, settings, pin, target.resolve(), *arguments, on_event=put, stop=over.is_set)
        run.add_done_callback(lambda _: events.put(None))
        try:
            for event in iter(events.get, None):
                yield from DbtCoreCliEventMessage(event, {}).to_default_asset_events(
                    selected.manifest, TRANSLATOR, context
                )
        finally:
            over.set()
    run.result()
