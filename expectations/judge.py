"""Let Great Expectations judge one slice, and read its answer without losing what it could not do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import great_expectations as gx
import pandas as pd
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.exceptions.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation import Expectation as GxExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.context import BATCH, slices_of
from expectations.errors import ExpectationNotRun, SuiteInvalid
from expectations.results import SAMPLE, ExpectationOutcome
from expectations.suite import Expectation, Slice, Suite

if TYPE_CHECKING:
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext


def judge(
    context: EphemeralDataContext,
    suite: Suite,
    part: Slice,
    frame: pd.DataFrame,
    values: dict[str, Any],
    at: datetime,
) -> tuple[list[tuple[str, ExpectationOutcome]], ValidationResultIdentifier]:
    """(table, outcome) of each expectation of ``part`` on ``frame``, and the identifier of the stored result.

    Raises:
        SuiteInvalid: an expectation does not exist, or does not take its arguments.
        ExpectationNotRun: an expectation raised.
    """
    name = f"{suite.gate}.{suite.name}.{part.name}"
    expected = context.suites.add_or_update(
        gx.ExpectationSuite(
            name=name,
            # As objects: a configuration that it cannot make one of, the suite would log and drop.
            expectations=[_asked(name, each, position, values) for position, each in enumerate(part.expectations)],
            notes=f"{suite.description} {part.grain}",
        )
    )
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(name=name, data=slices_of(context), suite=expected)
    )
    run = RunIdentifier(run_name=f"snapshot-{values['pin']}", run_time=at)
    answer = definition.run(
        batch_parameters={"dataframe": frame},
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": list(part.keys)},
        run_id=run,
    )
    outcomes = [each for result in answer.results for each in _outcomes(name, suite, part, frame, result)]
    identifier = ValidationResultIdentifier(
        expectation_suite_identifier=ExpectationSuiteIdentifier(name=name), run_id=run, batch_identifier=BATCH
    )
    return outcomes, identifier


def build_docs(context: EphemeralDataContext, results: list[ValidationResultIdentifier]) -> None:
    """Render the pages of ``results`` and of their suites, and the index."""
    context.build_data_docs(resource_identifiers=results, build_index=False)
    context.build_data_docs(resource_identifiers=[each.expectation_suite_identifier for each in results])


def _asked(name: str, asked: Expectation, position: int, values: dict[str, Any]) -> GxExpectation:
    try:
        return ExpectationConfiguration(
            type=asked.expect,
            kwargs=asked.arguments(values),
            severity=FailureSeverity(asked.severity),
            meta={"because": asked.because, "position": position},
        ).to_domain_obj()
    except (GreatExpectationsError, ValueError, TypeError) as error:
        raise SuiteInvalid(f"suite {name}: {asked.expect}: {error}. Correct its file.") from error


def _outcomes(
    name: str, suite: Suite, part: Slice, frame: pd.DataFrame, result: ExpectationValidationResult
) -> Iterator[tuple[str, ExpectationOutcome]]:
    configuration = result.expectation_config
    assert configuration is not None
    asked = part.expectations[configuration.meta["position"]]
    faults = {
        fault["exception_message"]
        for fault in [result.exception_info, *result.exception_info.values()]
        if isinstance(fault, dict) and fault.get("raised_exception")
    }
    if faults:
        raise ExpectationNotRun(
            f"{asked.expect} of suite {name} could not run: {'; '.join(sorted(faults))}. "
            "Correct the suite's query or the expectation's arguments."
        )
    # An expectation on an aggregate names no rows: then every row of the slice has a part in its failure.
    named = result.result.get("unexpected_index_list")
    keys = list(part.keys)
    failing = [] if result.success else frame[keys].to_dict("records") if named is None else named
    alone = len(suite.tables) == 1
    for table in suite.tables:
        of_table = failing if alone else [row for row in failing if row["table"] == table]
        yield (
            table,
            ExpectationOutcome(
                slice=part.name,
                expectation=asked.expect,
                column=configuration.kwargs.get("column"),
                because=asked.because,
                severity=asked.severity,
                success=bool(result.success) or not (alone or of_table),
                rows=len(frame) if alone else int((frame["table"] == table).sum()),
                failing=len(of_table),
                observed=result.result.get("observed_value"),
                failing_rows=tuple({key: row[key] for key in keys} for row in of_table[:SAMPLE]),
            ),
        )
