"""Messages given as lists, decoded."""

from __future__ import annotations

from collections.abc import Sequence

from sinks.decoding.decoder import Decoded, Decoder
from sinks.payloads import Payloads


def decode(decoder: Decoder, values: Sequence[bytes | None], keys: Sequence[bytes | None]) -> Decoded:
    """What ``decoder`` makes of the messages."""
    return decoder.decode(Payloads.of(values), Payloads.of(keys))
