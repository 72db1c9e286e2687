"""Errors of the lake.

LakeError
├── CatalogNotNamed      no VIGIL_CATALOG in the environment
├── CatalogUnreachable   the catalog's database does not answer
├── LakeMismatch         what is there is not this lake: no lake at all, another data path, a version not known here
├── BuildFailed          dbt did not build what was asked
├── NotBuilt             a mart is read that no build has made yet
├── NoSecondNames        the data path is no folder, so upkeep and rewinds could lose what they write
└── SnapshotGone         a pin names a snapshot that does not exist (any more)
"""


class LakeError(Exception):
    """Base of this room's errors; the message names the thing, the value and the remedy."""


class CatalogNotNamed(LakeError):
    """No catalog is configured."""


class CatalogUnreachable(LakeError):
    """The catalog's database does not answer."""


class LakeMismatch(LakeError):
    """The catalog is no lake's, or not that of these settings, or of a version that is not known here."""


class BuildFailed(LakeError):
    """dbt did not build what was asked."""


class NotBuilt(LakeError):
    """A mart is read that no build has made yet."""


class SnapshotGone(LakeError):
    """A snapshot that was asked for is not in the lake."""


class NoSecondNames(LakeError):
    """Upkeep and rewinds could lose what they write, since files of this data path can have no second names."""
