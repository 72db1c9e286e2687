"""The goAML form: a case file as transactions between two sides or among several parties, or as an activity."""

from reports.goaml.movements import reported
from reports.goaml.report import records

__all__ = ["records", "reported"]
