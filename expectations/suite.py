"""A suite: what is expected of one or more lake tables, read from one YAML file."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from expectations.errors import GateUnknown, ParameterMissing, SuiteInvalid

SUITES = Path(__file__).parent / "suites"
SETS = Path(__file__).parent / "sets"
MAX_SLICE_ROWS = 10_000
_BOUND = re.compile(r"\$([a-z][a-z0-9_]*)")


class Expectation(BaseModel):
    """One expectation of Great Expectations; what is not named here goes to it as its own argument."""

    model_config = ConfigDict(extra="allow", frozen=True)

    expect: str
    because: str
    severity: Literal["critical", "warning"] = "critical"

    @property
    def asked(self) -> frozenset[str]:
        """Names of the parameters that its arguments stand for."""
        return frozenset(value[1:] for value in (self.model_extra or {}).values() if _is_parameter(value))

    def arguments(self, values: dict[str, Any]) -> dict[str, Any]:
        """Its arguments, with each ``$name`` replaced by that parameter's value."""
        return {
            name: values[value[1:]] if _is_parameter(value) else value
            for name, value in (self.model_extra or {}).items()
        }


class Slice(BaseModel):
    """A bounded query on the lake and what is expected of its rows.

    ``keys`` are the columns that identify a failing row. They leave the lake (run log, data docs, alerts to an
    operator), so they carry identifiers, offsets and counts, never a person's data.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z_]+$")
    grain: str
    keys: tuple[str, ...] = Field(min_length=1)
    sql: str
    expectations: tuple[Expectation, ...] = Field(min_length=1)

    @property
    def bound(self) -> frozenset[str]:
        """Names of the values that the query binds."""
        return frozenset(_BOUND.findall(self.sql))


class Suite(BaseModel):
    """All slices of one file, and the tables they guard.

    A suite of several tables has a column ``table`` in every slice, which says whose row it is: one query and one page
    in the data docs for all of them, one result for each.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    gate: str
    name: str
    description: str
    tables: tuple[str, ...] = Field(min_length=1)
    sets: tuple[str, ...] = ()
    parameters: dict[str, Any] = {}
    slices: tuple[Slice, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rows_name_their_table(self) -> Suite:
        if len(self.tables) > 1 and (bad := [part.name for part in self.slices if "table" not in part.keys]):
            raise ValueError(f"guards several tables, so the keys of {', '.join(bad)} need 'table'")
        return self

    def values(self, given: dict[str, Any]) -> dict[str, Any]:
        """Every parameter's value: the tables and sets, then the file's, then the caller's.

        Raises:
            ParameterMissing: a query or an expectation uses a name that has no value.
        """
        values = {"tables": list(self.tables)} | {name: _set(name) for name in self.sets} | self.parameters | given
        asked = frozenset().union(
            *(part.bound for part in self.slices),
            *(expectation.asked for part in self.slices for expectation in part.expectations),
        )
        if missing := sorted(asked - values.keys()):
            raise ParameterMissing(
                f"suite {self.gate}.{self.name} needs {', '.join(missing)}: "
                "give it under 'parameters' in its file, or pass it to the gate"
            )
        return values


@cache
def load_gate(gate: str, folder: Path = SUITES) -> tuple[Suite, ...]:
    """The suites of ``gate`` (a folder of ``folder``), in the order of their file names.

    Raises:
        GateUnknown: there is no such folder, or it is empty.
        SuiteInvalid: a file is wrong; the message names the file and every fault in it.
    """
    paths = sorted((folder / gate).glob("*.yml"))
    if not paths:
        known = ", ".join(sorted(path.name for path in folder.iterdir() if path.is_dir()))
        raise GateUnknown(f"gate {gate!r} has no suites; known gates: {known}")
    return tuple(_read(path, gate) for path in paths)


def _read(path: Path, gate: str) -> Suite:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Suite.model_validate({"gate": gate, "name": path.stem} | raw)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'suite'}: {e['msg']}" for e in error.errors())
        raise SuiteInvalid(f"{path}: {faults}. Correct the file; docs/gates.md describes its keys.") from error
    except (yaml.YAMLError, TypeError) as error:
        raise SuiteInvalid(f"{path}: not a YAML mapping: {error}") from error


def _is_parameter(value: Any) -> bool:
    return isinstance(value, str) and _BOUND.fullmatch(value) is not None


@cache
def _set(name: str) -> list[str]:
    """The closed set of values in ``sets/<name>.yml``."""
    path = SETS / f"{name}.yml"
    if not path.exists():
        raise SuiteInvalid(f"set {name!r} is not there: no file {path}")
    return [str(value) for value in yaml.safe_load(path.read_text(encoding="utf-8"))["values"]]
