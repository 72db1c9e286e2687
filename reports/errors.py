"""Errors of this room.

ReportError
├── UnknownProfile       no folder of that name under reports/profiles, or a fault in its files
├── CaseNotReportable    the case is not among those approved at the pin
├── DayNotReportable     no cash of the business day is to be reported, or the day was not over at the pin
├── ExemptionNotReportable  the act on an exemption is not among those approved and to be filed at the pin
├── RulesBroken          the rule book refuses the filing; .violations holds every one of them
├── SchemaRejected       the regulator's schema refuses what the rule book let pass; .faults holds every one
├── FilingNotFound       the outbox has no complete filing of that reference
├── FilingExists         the reference is taken by another case, day, act, profile or pin
├── IncidentError        what was filed and what the same pin gives today differ
└── TraceBroken          a movement of a filing is not in landing at its offset, or with another amount
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.rulebook import Violation


class ReportError(Exception):
    """Base of this room's errors; the message names the thing, the value and the remedy."""


class UnknownProfile(ReportError):
    """A profile does not exist or is faulty."""


class CaseNotReportable(ReportError):
    """A case cannot be filed at this pin."""


class DayNotReportable(ReportError):
    """A business day's cash cannot be filed at this pin."""


class ExemptionNotReportable(ReportError):
    """An act on an exemption cannot be filed at this pin."""


class RulesBroken(ReportError):
    """The rule book refuses the filing.

    Attributes:
        violations: all of them, warnings too, in the order of the rule book.
    """

    def __init__(self, subject: str, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        errors = [violation for violation in self.violations if violation.severity == "error"]
        lines = "\n".join(f"  {violation}" for violation in errors)
        super().__init__(
            f"{subject}: {len(errors)} violations of the rule book; nothing was written.\n{lines}\n"
            "Correct the data at its source, land it, build, and generate again."
        )


class SchemaRejected(ReportError):
    """The regulator's schema refuses the file.

    Attributes:
        faults: every fault, as the validator words it.
    """

    def __init__(self, subject: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(
            f"{subject}: the regulator's schema refuses it; nothing was written.\n{lines}\n"
            "The profile's template and rule book must catch this; correct them."
        )


class FilingNotFound(ReportError):
    """There is no complete filing of that reference."""


class FilingExists(ReportError):
    """A filing of that reference exists already, for something else."""


class IncidentError(ReportError):
    """A filing cannot be made again as it was."""


class TraceBroken(ReportError):
    """A figure in a filing has lost its event."""
