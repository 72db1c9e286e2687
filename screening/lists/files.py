"""Files of published lists, by the kind of list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from screening.errors import ListUnreadable
from screening.lists import eu, house, ofac, un
from screening.lists.version import ListVersion

Reader = Callable[[list[bytes], datetime], ListVersion]
# A kind of list with the number of its files.
KINDS: dict[str, tuple[int, Reader]] = {
    "ofac-sdn": (3, lambda data, at: ofac.read(data[0], data[1], data[2], at)),
    "un-consolidated": (1, lambda data, _: un.read(data[0])),
    "eu-consolidated": (1, lambda data, _: eu.read(data[0])),
}


def read(kind: str, paths: list[Path], at: datetime) -> ListVersion:
    """The list in ``paths``; any kind that is not known is the name of a list in our CSV.

    ``at`` (naive UTC) is when a list was published whose files do not say.

    Raises:
        ListUnreadable: a file is not there or no such list, or there are more or fewer files than the list has.
    """
    ours: tuple[int, Reader] = (1, lambda data, at: house.read(kind, data[0], at))
    count, reader = KINDS.get(kind, ours)
    if len(paths) != count:
        raise ListUnreadable(
            f"{kind} is {count} files and {len(paths)} were given: sdn.csv, alt.csv, add.csv for ofac-sdn"
        )
    try:
        return reader([path.read_bytes() for path in paths], at)
    except OSError as error:
        raise ListUnreadable(f"{kind}: {error.filename} cannot be read: {error.strerror}") from error
