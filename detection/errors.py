"""Errors of evaluation and tuning.

DetectionError
├── TruthMissing   the labels of the data set are not on this machine
├── NotReplayed    the labels are, but none of the transfers that they are of is in the lake
├── NoSuchTrial    a backtest was asked for of something that is not there, or of no values at all
├── NotDescribed   a scenario lacks the words that its page is made of
├── TooFewLabels   a priority cannot be learned yet
├── NoSuchModel    a version of the learned priority that there is not
└── LibraryMissing LightGBM does not load on this machine
"""


class DetectionError(Exception):
    """Base of this room's errors; the message names the thing and the remedy."""


class TruthMissing(DetectionError):
    """No labels for this data set."""


class NotReplayed(DetectionError):
    """Nothing of this data set is in the marts."""


class NoSuchTrial(DetectionError):
    """A scenario, parameter, segment or period that there is not; the message lists what there is."""


class NotDescribed(DetectionError):
    """A scenario without an entry, or with one that does not say why or name its innocent twin."""


class TooFewLabels(DetectionError):
    """Not enough decided cases of either kind to learn from."""


class NoSuchModel(DetectionError):
    """A version that was never trained; the message lists those that were."""


class LibraryMissing(DetectionError):
    """LightGBM's shared library lacks one that it needs."""
