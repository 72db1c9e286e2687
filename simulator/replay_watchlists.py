"""Replay of published sanctions lists, OFAC's SDN list and the UN consolidated list, as reference.watchlists events."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from screening.lists import ofac, un
from screening.lists.version import TOPIC
from simulator import wire
from simulator.published import published

# OFAC's delimited files carry no date of publication.
OFAC_PUBLISHED_AT = datetime(2025, 1, 1)


def watchlists(shared: Path | None = None, ofac_published_at: datetime = OFAC_PUBLISHED_AT) -> wire.Batch:
    """Messages of every entry of both lists, in order of publication and entry.

    ``ofac_published_at`` (naive UTC) stands for the date that OFAC's files lack; their version is a digest of them.

    Raises:
        ListUnreadable: a file is no list.
        SharedMissing: a list is not there.
    """
    sdn, alt, add = (published(f"watchlists/ofac_{part}.csv", shared).read_bytes() for part in ("sdn", "alt", "add"))
    versions = (
        ofac.read(sdn, alt, add, ofac_published_at),
        un.read(published("watchlists/un_consolidated.xml", shared).read_bytes()),
    )
    frame = pl.concat([version.entries for version in versions]).sort("published_at", "entry_id")
    return {TOPIC: wire.messages(TOPIC, frame)}
