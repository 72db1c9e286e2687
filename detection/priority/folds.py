"""Which subjects are shown to the trees together: all that one holder ties to each other, or none of them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import duckdb
import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

FOLDS = 5

_HOLDINGS = """
    select distinct 'account ' || account_id as account, 'party ' || unnest(holder_party_ids) as party
    from lake.intermediate.int_account_holders
"""


def folds(connection: duckdb.DuckDBPyConnection, subjects: Sequence[str]) -> list[int]:
    """The fold, 0 to 4, of each of ``subjects``: ``account …`` or ``party …``, as they are in the attached lake.

    Two accounts that a person ever held, alone or with others, are in one fold, and so are accounts between which
    further holders lead.
    """
    holdings = connection.execute(_HOLDINGS).pl()
    names = pl.concat([holdings["account"], holdings["party"], pl.Series(subjects, dtype=pl.String)]).unique().sort()
    ends = [names.search_sorted(holdings[side]).to_numpy() for side in ("account", "party")]
    ties = coo_array((np.ones(len(holdings)), (ends[0], ends[1])), shape=(len(names), len(names)))
    _, component = connected_components(ties, directed=False)
    # Names are sorted, so that it does not depend on their order who names a component.
    _, first = np.unique(component, return_index=True)
    named = names.gather(first).to_list()
    fold = np.array([zlib.crc32(name.encode()) % FOLDS for name in named], dtype=np.int64)
    at = names.search_sorted(pl.Series(subjects, dtype=pl.String)).to_numpy()
    return [int(each) for each in fold[component[at]]]
