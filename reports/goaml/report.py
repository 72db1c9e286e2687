"""The records of a goAML report; the template of the profile names their columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.casefile import CaseFile
from reports.goaml.activity import activity
from reports.goaml.movements import reported
from reports.goaml.parties import reporting_entity
from reports.goaml.transactions import transaction
from reports.profile import Profile


def records(file: CaseFile, profile: Profile, filing_ref: str, narrative: str) -> Mapping[str, Any]:
    """The records that a goAML template prints; a SAR has an activity, any other report its transactions."""
    without = profile.report == "SAR"
    return {
        "_label": f"filing {filing_ref}",
        "ref": filing_ref,
        "report": profile.report,
        "entity": reporting_entity(file.entity),
        "filed_at": file.local(file.case["approved_at"]),
        "narrative": narrative,
        "action": (
            f"Investigated by {file.case['disposed_by_name'] or file.case['disposed_by']}, "
            f"approved for filing by {file.case['approved_by_name'] or file.case['approved_by']}. "
            f"{file.case['decision_reason'] or ''}"
        ).strip(),
        "transactions": [] if without else [transaction(file, profile, row) for row in reported(file)],
        "activity": activity(file, profile) if without else None,
        "indicators": _indicators(file, profile),
        "attachments": [{"subject": "Attachment", "words": f"{filing_ref}.pdf: the case with its story and evidence"}],
    }


def _indicators(file: CaseFile, profile: Profile) -> list[dict[str, str]]:
    """The FIU's words for what the scenarios saw, each once."""
    codes = profile.codes["indicator"]
    fired = {codes.get(alert["scenario_id"], codes["*"]) for alert in file.alerts} or {codes["*"]}
    return [{"_label": "scenarios of the case", "code": code} for code in sorted(fired)]
