"""Errors of officers' acts.

CaseError
├── CaseUnknown   no such case, or exemption, was built
├── ActRefused    the act is not allowed on the matter as it stands
└── TopicSilent   the acts that no build has folded yet cannot be read
"""


class CaseError(Exception):
    """Base of this room's errors; the message names the thing, the value and the remedy."""


class CaseUnknown(CaseError):
    """No such case, or exemption, was built."""


class ActRefused(CaseError):
    """The act is not allowed on the matter as it stands; nothing was decided."""


class TopicSilent(CaseError):
    """The broker does not tell the acts that have not landed yet, so that nobody knows how the case stands."""
