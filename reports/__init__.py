"""From the rpt_ tables to filings: XML for the regulator, a PDF for people, a manifest for the auditor."""

from reports.figures import NOWHERE, Figure, field_events, figures, meant
from reports.filing import default_reference, generate, preview
from reports.outbox import Filing, check_digests, find, list_filings, next_reference
from reports.profile import names as profiles
from reports.schema import SchemaResult, verify_schema
from reports.trace import Origin, trace
from reports.verification import Check, verify

__all__ = [
    "NOWHERE",
    "Check",
    "Figure",
    "Filing",
    "Origin",
    "SchemaResult",
    "check_digests",
    "default_reference",
    "field_events",
    "figures",
    "find",
    "generate",
    "list_filings",
    "meant",
    "next_reference",
    "preview",
    "profiles",
    "trace",
    "verify",
    "verify_schema",
]
