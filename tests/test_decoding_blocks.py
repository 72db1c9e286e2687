"""A batch is decoded in blocks, which are bounded by messages and by bytes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa

from sinks.decoding.blocks import BLOCK, BLOCK_BYTES, in_blocks
from sinks.decoding.decoder import Decoded, Rejection, all_rejected


def test_a_block_ends_where_it_has_enough_messages_or_bytes() -> None:
    blocks: list[tuple[int, int]] = []

    def decode(first: int, past: int) -> Decoded:
        blocks.append((first, past))
        return all_rejected(pa.schema([]), [Rejection("empty", "")] * (past - first))

    sizes = [0] * BLOCK + [1] * 10 + [2 * BLOCK_BYTES] + [BLOCK_BYTES // 2] * 3
    decoded = in_blocks(np.array(sizes), pa.schema([]), decode)
    ends = [0, BLOCK, BLOCK + 10, BLOCK + 11, BLOCK + 13, BLOCK + 14]
    assert blocks == list(pairwise(ends))
    assert [each.position for each in decoded.rejected] == list(range(len(sizes)))
