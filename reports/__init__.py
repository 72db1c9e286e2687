"""From the rpt_ tables to filings: XML for the regulator, a PDF for people, a manifest for the auditor."""

from reports.filing import default_reference, generate, preview
from reports.outbox import Filing, check_digests, find, list_filings
from reports.profile import names as profiles
from reports.schema import SchemaResult, verify_schema
from reports.trace import Origin, trace

__all__ = [
    "Filing",
    "Origin",
    "SchemaResult",
    "check_digests",
    "default_reference",
    "find",
    "generate",
    "list_filings",
    "preview",
    "profiles",
    "trace",
    "verify_schema",
]
