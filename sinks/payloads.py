"""Byte strings in one piece of memory: how the values and keys of messages lie between reading and decoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# So many bytes may be read behind the last string: compiled code takes eight at once.
PADDING = 8
# Bounds are 32-bit numbers.
MOST_BYTES = 2**31 - 1 - PADDING


@dataclass(frozen=True)
class Payloads:
    """Byte strings one behind the other: string i lies from ``bounds[i]`` to ``bounds[i + 1]`` in ``data``.

    ``data`` has ``PADDING`` bytes more. ``present`` is False where there is no string at all (Kafka's null); such a one
    is empty.
    """

    data: npt.NDArray[np.uint8]
    bounds: npt.NDArray[np.int32]
    present: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.present)

    @property
    def size(self) -> int:
        """The bytes of all strings."""
        return int(self.bounds[-1]) - int(self.bounds[0])

    @classmethod
    def of(cls, strings: Sequence[bytes | None]) -> Payloads:
        """The strings of a sequence."""
        bounds = np.zeros(len(strings) + 1, np.int32)
        filled = [string or b"" for string in strings]
        check_size(sum(map(len, filled)))
        np.cumsum(np.fromiter(map(len, filled), np.int32, len(filled)), out=bounds[1:])
        present = np.fromiter((string is not None for string in strings), np.bool_, len(strings))
        return cls(np.frombuffer(b"".join([*filled, bytes(PADDING)]), np.uint8), bounds, present)

    @classmethod
    def missing(cls, count: int) -> Payloads:
        """No string, so many times."""
        return cls(np.zeros(PADDING, np.uint8), np.zeros(count + 1, np.int32), np.zeros(count, np.bool_))

    @classmethod
    def joined(cls, parts: Sequence[Payloads]) -> Payloads:
        """The strings of all parts, in order."""
        if len(parts) == 1:
            return parts[0]
        sizes = [part.size for part in parts]
        check_size(sum(sizes))
        pieces = [part.data[part.bounds[0] : part.bounds[-1]] for part in parts]
        starts = np.cumsum([0, *sizes])
        bounds = [part.bounds[:-1] - part.bounds[0] + start for part, start in zip(parts, starts, strict=False)]
        return cls(
            np.concatenate([*pieces, np.zeros(PADDING, np.uint8)]),
            np.concatenate([*bounds, starts[-1:]]).astype(np.int32),
            np.concatenate([np.empty(0, np.bool_), *(part.present for part in parts)]),
        )

    def slice(self, start: int, stop: int) -> Payloads:
        """The strings from ``start`` up to, not including, ``stop``; shares the memory."""
        return Payloads(self.data, self.bounds[start : stop + 1], self.present[start:stop])

    def take(self, positions: npt.NDArray[np.int64]) -> Payloads:
        """The strings at ``positions``."""
        chosen = self.arrow().take(pa.array(positions, pa.int64()))
        _, bounds, data = chosen.buffers()
        bytes_of = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
        offsets = np.frombuffer(bounds, np.int32)[chosen.offset : chosen.offset + len(chosen) + 1]
        data_padded = np.concatenate([bytes_of[: offsets[-1]], np.zeros(PADDING, np.uint8)])
        return Payloads(data_padded, offsets, self.present[positions])

    def list(self) -> list[bytes | None]:
        """The strings as objects."""
        return self.arrow().to_pylist()  # type: ignore[no-any-return]

    def arrow(self) -> pa.Array:
        """The strings as an Arrow array of binary; shares the memory."""
        whole = bool(self.present.all())
        validity = None if whole else pa.py_buffer(np.packbits(self.present, bitorder="little"))
        buffers = [validity, pa.py_buffer(np.ascontiguousarray(self.bounds)), pa.py_buffer(self.data)]
        return pa.Array.from_buffers(pa.binary(), len(self), buffers)


def check_size(size: int) -> None:
    """Make sure that so many bytes fit into one piece.

    Raises:
        OverflowError: they do not.
    """
    if size > MOST_BYTES:
        raise OverflowError(
            f"{size} bytes are more than fit into one piece ({MOST_BYTES}); make batch_bytes or "
            "kafka.queued.max.messages.kbytes smaller"
        )
