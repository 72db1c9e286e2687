"""Hostile messages given to a decoder batch after batch, and what must hold whatever they are."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import psutil
from decoding_of import decode

from sinks.decoding.decoder import REASONS, Decoded, Decoder

# A longer run: VIGIL_HOSTILE_MESSAGES=1000000 pytest tests/test_hostile_messages.py tests/test_hostile_frames.py
MESSAGES = int(os.environ.get("VIGIL_HOSTILE_MESSAGES", "20000"))
# So many tests share them.
TESTS = 5
BATCH = 1_000
KEYS = [b"k", b"k", b"k", None, b"", b"\xff", b"\0"]
# What the memory of a process moves by without growing.
MOVES = 32 << 20


@dataclass
class Endured:
    """What became of the hostile messages, and how many bytes the process had after each batch."""

    landed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)

    def require_no_growth(self) -> None:
        """Fail if the process had more at the end than after the first quarter, which warms it up."""
        quarter = len(self.memory) // 4
        before, after = max(self.memory[quarter : 2 * quarter]), max(self.memory[-quarter:])
        told = f"{sum(self.reasons.values())} rejected, {self.landed} landed; MiB: {before >> 20}, then {after >> 20}"
        print(told)
        assert after < before * 1.1 + MOVES, told


def endure(
    decoder: Decoder,
    hostile: Iterator[bytes],
    valid: list[bytes],
    chosen: random.Random,
    alone: Callable[[Sequence[bytes], Sequence[bytes | None]], Decoded] | None = None,
) -> Endured:
    """Decode the messages among ``valid`` ones. Each must land or be rejected with a reason, whatever stands beside it.

    ``alone`` decodes some of them again, by default ``decoder`` each on its own.
    """
    found, process = Endured(), psutil.Process()
    clean = told(decode(decoder, valid, [b"k"] * len(valid)))
    assert len(clean) == len(valid)
    for _ in range(MESSAGES // TESTS // BATCH):
        values = [*islice(hostile, BATCH), *valid]
        keys = [*chosen.choices(KEYS, k=BATCH), *[b"k"] * len(valid)]
        decoded = decode(decoder, values, keys)
        fates = sorted([*decoded.positions.tolist(), *(each.position for each in decoded.rejected)])
        assert fates == list(range(len(values)))
        assert {each.reason for each in decoded.rejected} <= set(REASONS)
        assert all(each.detail for each in decoded.rejected)
        decoded.table.validate(full=True)
        rows = dict(zip(decoded.positions.tolist(), told(decoded), strict=True))
        assert [rows[BATCH + i] for i in range(len(valid))] == clean
        refused = {each.position: each.reason for each in decoded.rejected}
        for i in chosen.sample(range(BATCH), 10):
            one = alone([values[i]], [keys[i]]) if alone else decode(decoder, [values[i]], [keys[i]])
            assert [each.reason for each in one.rejected] == ([refused[i]] if i in refused else []), values[i]
            assert told(one) == ([rows[i]] if i in rows else []), values[i]
        found.landed += len(rows) - len(valid)
        found.reasons.update(refused.values())
        found.memory.append(process.memory_info().rss)
    return found


def told(decoded: Decoded) -> list[str]:
    """The rows in words, in which NaN equals itself."""
    return [repr(row) for row in decoded.table.to_pylist()]
