"""From the rpt_ tables to filings: XML for the regulator, a PDF for people, a manifest for the auditor."""

from reports.figures import NOWHERE, Figure, field_events, figures, meant
from reports.filing import default_reference, generate, preview
from reports.narrative import draft
from reports.narrative_check import narrative_findings
from reports.outbox import Filing, check_digests, correction_of, find, list_filings
from reports.profile import load as load_profile
from reports.profile import names as profiles
from reports.schema import SchemaResult, verify_schema
from reports.trace import Origin, trace
from reports.undecided import read_undecided
from reports.verification import Check, verify

__all__ = [
    "NOWHERE",
    "Check",
    "Figure",
    "Filing",
    "Origin",
    "SchemaResult",
    "check_digests",
    "correction_of",
    "default_reference",
    "draft",
    "field_events",
    "figures",
    "find",
    "generate",
    "list_filings",
    "load_profile",
    "meant",
    "narrative_findings",
    "preview",
    "profiles",
    "read_undecided",
    "trace",
    "verify",
    "verify_schema",
]
