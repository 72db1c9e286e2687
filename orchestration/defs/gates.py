"""A gate as blocking asset checks: one step asks all suites of the gate, and each answers on its own asset."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from expectations import ExpectationOutcome, GateResult, load_gate, run_gate
from lakehouse.settings import Settings
from orchestration.progress import tell


def gate_checks(
    gate: str,
    pin: Callable[[dg.AssetCheckExecutionContext], int],
    parameters: Callable[[int], Mapping[str, Any]] = lambda _: {},
    opened: Callable[[int], None] = lambda _: None,
) -> dg.AssetChecksDefinition:
    """The checks of ``gate``, one a suite and table, as one step named ``<gate>_gate``.

    All block: Dagster runs nothing downstream of an asset whose check failed in the run. That the checks are one step
    is wanted too, since a gate is open or shut as a whole. ``parameters`` gives,
    for the pin, what suites need beside the lake; ``opened`` is told the pin at which every suite held.
    """
    specs = [
        dg.AssetCheckSpec(
            name=f"{gate}_{suite.name}",
            asset=asset_key(table),
            description=suite.description,
            blocking=True,
        )
        for suite in load_gate(gate)
        for table in suite.tables
    ]

    @dg.multi_asset_check(name=f"{gate}_gate", specs=specs)
    def ask(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        at, chosen = datetime.now(UTC), pin(context)
        results = run_gate(Settings(), gate, pin=chosen, at=at, parameters=parameters(chosen), progress=tell)
        if all(result.success for result in results):
            opened(chosen)
        for result in results:
            if result.failures or result.warnings:
                context.log.warning(result.summary())
                tell(result.summary())
            yield _answer(result)

    return ask


def asset_key(table: str) -> dg.AssetKey:
    """The asset of a table as suites name it: ``landing.bank_parties`` is ``landing/bank_parties``."""
    return dg.AssetKey(table.split(".", 1))


def _answer(result: GateResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset_key(result.table),
        check_name=f"{result.gate}_{result.suite}",
        passed=not (result.failures or result.warnings),
        severity=dg.AssetCheckSeverity.ERROR if result.failures else dg.AssetCheckSeverity.WARN,
        description=result.summary(),
        metadata={
            "pin": result.pin,
            "expectations": len(result.outcomes),
            "failed": len(result.failures),
            "warned": len(result.warnings),
            "failing rows": dg.MetadataValue.md(_rows([*result.failures, *result.warnings])),
            "data docs": dg.MetadataValue.path(str(result.data_docs)),
        },
    )


def _rows(outcomes: list[ExpectationOutcome]) -> str:
    """Failing rows as a Markdown table, so that they can be read where the check is shown."""
    lines = [
        f"| {each.slice} | {each.because} | `{json.dumps(row, default=str)}` |"
        for each in outcomes
        for row in each.failing_rows
    ]
    return "\n".join(["| slice | expected | row |", "|---|---|---|", *lines]) if lines else "none"
