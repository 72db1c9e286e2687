"""Lakes whose marts the tests build; import the fixtures into a test module to use them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import landed_bank
import marts_decisions
import pytest
import typologies
from landed_bank import Event

from contracts import load
from lakehouse import build
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.snapshots import latest


@dataclass(frozen=True)
class BuiltLake:
    """A lake of the test's own, and dbt's target folder, which all of them share."""

    settings: Settings
    target: Path

    def land(self, events: list[Event]) -> None:
        """Land the events, as the sink would."""
        with connect(self.settings) as connection:
            prepare(connection, load().values())
            landed_bank.land(connection, events)

    def newest(self) -> int:
        """The newest snapshot."""
        with connect(self.settings, read_only=True) as connection:
            return latest(connection)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the query returns."""
        with connect(self.settings, read_only=True) as connection:
            return connection.execute(query).fetchall()

    def build_cases(self, pin: int) -> None:
        """Build what cases and acts on them need, without tests."""
        self.dbt(pin, "build", "--select", "+cases", "case_rules", "--exclude-resource-types", "test", "unit_test")

    def dbt(self, pin: int, *arguments: str) -> dict[str, str]:
        """Run dbt; see ``lakehouse.build.dbt``."""
        return build.dbt(self.settings, pin, self.target, *arguments)


@dataclass(frozen=True)
class DecidedLake:
    """A lake with officers' decisions, and the snapshot before they landed."""

    lake: BuiltLake
    undecided: int


MakeLake = Callable[[], BuiltLake]
NewCatalog = Callable[[], tuple[str, Path]]


@pytest.fixture(scope="session")
def make_lake(new_catalog: NewCatalog) -> MakeLake:
    """Makes an empty lake."""
    return lambda: _empty(new_catalog)


@pytest.fixture(scope="session")
def all_at_once(new_catalog: NewCatalog) -> BuiltLake:
    """Everything landed, then everything built and tested by dbt's tests, once. Only ``decided`` adds to it, and the
    backtests' note of its build."""
    return _all_at_once(new_catalog)


@pytest.fixture(scope="session")
def decided(new_catalog: NewCatalog) -> DecidedLake:
    """The same lake, decided on and built again."""
    return _decided(new_catalog)


def _empty(new_catalog: NewCatalog) -> BuiltLake:
    catalog, data_path = new_catalog()
    settings = Settings(home=data_path.with_suffix(".home"), catalog=catalog, data_path=str(data_path))
    return BuiltLake(settings, data_path.with_name("dbt"))


@cache
def _all_at_once(new_catalog: NewCatalog) -> BuiltLake:
    """Cached, since pytest sets a fixture up anew for each module that imports it."""
    lake = _empty(new_catalog)
    lake.land(typologies.bank().events)
    statuses = lake.dbt(lake.newest(), "build", "--exclude-resource-types", "unit_test")
    assert statuses["test.vigil.alerts_use_nothing_later"] == "pass"
    return lake


@cache
def _decided(new_catalog: NewCatalog) -> DecidedLake:
    lake = _all_at_once(new_catalog)
    undecided = lake.newest()
    lake.land(decisions(lake))
    lake.dbt(lake.newest(), "build", "--exclude-resource-types", "unit_test")
    return DecidedLake(lake, undecided)


def decisions(lake: BuiltLake) -> list[Event]:
    """What officers decide on the cases that the lake has."""
    cases = {str(subject): str(case) for subject, case in lake.rows("select subject_id, case_id from lake.str.cases")}
    evidence = lake.rows(
        "select subject_id, list(transaction_id order by booked_at, transaction_id) from lake.str.case_transactions "
        "join lake.str.cases using (case_id) group by all"
    )
    return marts_decisions.on(cases, dict(evidence))
