"""The goAML form: a case file as transactions between two sides or among several parties, or as an activity."""

from reports.goaml.day import day_records, day_variables
from reports.goaml.movements import reported
from reports.goaml.report import records

__all__ = ["day_records", "day_variables", "records", "reported"]
