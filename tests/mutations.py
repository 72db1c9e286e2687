"""Messages as a broken or hostile producer would send them, made from valid ones."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

Mutation = Callable[[random.Random, bytes], bytes]


def mutated(chosen: random.Random, valid: list[bytes]) -> Iterator[bytes]:
    """Without end: valid messages, each changed in one to three ways."""
    while True:
        message = chosen.choice(valid)
        for mutation in chosen.choices(MUTATIONS, k=chosen.randint(1, 3)):
            message = mutation(chosen, message)
        yield message


def binary_mutated(chosen: random.Random, valid: list[bytes]) -> Iterator[bytes]:
    """Without end: valid messages of a binary format, each changed in up to two ways that suit any."""
    while True:
        message = chosen.choice(valid)
        for mutation in chosen.choices(_ANY, k=chosen.randint(0, 2)):
            message = mutation(chosen, message)
        yield message


def frames_mutated(
    chosen: random.Random, frame: bytes, bodies: Iterator[bytes], others: list[bytes]
) -> Iterator[bytes]:
    """Without end: ``bodies`` behind ``frame``, some behind the frames ``others`` or a broken one; some frames alone.

    Few schema ids come of it, as each must be asked for.
    """
    alone = [b"", b"\0", frame[:3], frame[:4], frame]
    frames = [b"\1" + frame[1:], b"\0\x7f\xff\xff\xff" + frame[5:], *others]
    frames += [frame] * 4 * len(frames)
    for body in bodies:
        yield chosen.choice(frames) + body if chosen.random() < 0.98 else chosen.choice(alone)


def _cut(chosen: random.Random, message: bytes) -> bytes:
    return message[: chosen.randrange(len(message) + 1)]


def _beheaded(chosen: random.Random, message: bytes) -> bytes:
    return message[chosen.randrange(len(message) + 1) :]


def _byte_changed(chosen: random.Random, message: bytes) -> bytes:
    at = chosen.randrange(len(message) + 1)
    return message[:at] + bytes([chosen.randrange(256)]) + message[at + 1 :]


def _byte_odd(chosen: random.Random, message: bytes) -> bytes:
    """A byte that is no UTF-8, no text, or the end of a number changed for another."""
    at = chosen.randrange(len(message) + 1)
    return message[:at] + chosen.choice([b"\0", b"\x7f", b"\x80", b"\xc3", b"\xed", b"\xff"]) + message[at + 1 :]


def _mark_put_in(chosen: random.Random, message: bytes) -> bytes:
    at = chosen.randrange(len(message) + 1)
    return (
        message[:at]
        + chosen.choice([b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\0", b"\xff", b" "])
        + message[at:]
    )


def _piece_doubled(chosen: random.Random, message: bytes) -> bytes:
    first, past = sorted(chosen.randrange(len(message) + 1) for _ in range(2))
    return message[:past] + message[first:]


def _value_replaced(chosen: random.Random, message: bytes) -> bytes:
    """A member's value changed for something odd, the rest being as it was."""
    try:
        event = json.loads(message)
        name = chosen.choice(list(event))
        marked_event = event | {name: "\x01"}
    except (ValueError, TypeError, IndexError, RecursionError):
        return message
    marked = json.dumps(marked_event, ensure_ascii=chosen.random() < 0.5).encode("utf-8", "replace")
    return marked.replace(b'"\\u0001"', chosen.choice(ODD_VALUES))


def _whole_replaced(chosen: random.Random, _message: bytes) -> bytes:
    return chosen.choice(ODD_MESSAGES)


_ANY: list[Mutation] = [_cut, _beheaded, _byte_changed, _byte_changed, _byte_changed, _byte_odd, _piece_doubled]
MUTATIONS: list[Mutation] = [
    _cut,
    _beheaded,
    _byte_changed,
    _mark_put_in,
    _piece_doubled,
    _value_replaced,
    _value_replaced,
    _value_replaced,
    _whole_replaced,
]

ODD_VALUES = [
    *(b"null", b"true", b"0", b"-0", b"00", b"-", b"1.5", b"1e5", b"1e999", b"NaN", b"Infinity", b"9" * 400),
    *(b"0." + b"3" * 400, b'"' + b"9" * 400 + b'"', b'"-1.5"', b'"1e3"', b'"NaN"', b'"1.23456"'),
    *(b'"0001-01-01"', b'"0000-01-01"', b'"10000-01-01"', b'"9999-12-31"', b'"2026-02-30"'),
    *(b'"2026-01-31T23:59:60Z"', b'"0000-01-01T00:00:00Z"', b'"10000-01-01T00:00:00Z"'),
    *(b'"2026-01-31T13:45:00.1234567Z"', b'"2026-01-31T13:45:00"', b'"2026-01-31T13:45:00+14:00"'),
    *(b'""', b'" "', b'"\\u0000"', b'"\0"', b'"\\ud83d\\ude00"', b'"\\ud83d"', b'"\\ude00"', b'"\\u12"', b'"\\x"'),
    *(b'"\\"', b'"\xc3"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b"[]", b"{}", b"[[]]", b'[{"type":5}]'),
    *(b'{"a":1,"a":2}', b"[" * 5_000 + b"]" * 5_000, b'{"a":' * 2_000 + b"1" + b"}" * 2_000, b'"%s"' % (b"x" * 70_000)),
]
ODD_MESSAGES = [
    *(
        b"",
        b" ",
        b"\0",
        b"null",
        b"[]",
        b"{}",
        b'"',
        b"{",
        b"}",
        b'{"',
        b'{"a',
        b'{"a"',
        b'{"a":',
        b'{"a":1',
        b'{"a":1,',
    ),
    *(b"5", b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0", b"[" * 50_000, b"{" * 50_000, b'{"a":[' * 10_000, b"\0\0\0\0\5Avro"),
]
