"""Errors of evaluation.

DetectionError
└── TruthMissing   the labels of the data set are not on this machine
"""


class DetectionError(Exception):
    """Base of this room's errors; the message names the thing and the remedy."""


class TruthMissing(DetectionError):
    """No labels for this data set."""
