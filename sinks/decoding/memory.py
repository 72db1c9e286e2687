"""Bytes by their address, for compiled code: a kernel that passes arrays about counts references more than it reads.

Each of these is one machine instruction, checks nothing, and may be called from compiled code only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

# What to keep of a word, by how many of its bytes: the first, which are the lowest.
FIRST = np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64)

_BYTE, _WORD = ir.IntType(8), ir.IntType(64)


def _instruction(result: Any, takes: tuple[Any, ...], emit: Callable[[Any, Any], Any]) -> Any:
    def make(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        value = emit(builder, arguments)
        return context.get_dummy_value() if result is types.void else value

    if len(takes) == 1:
        return intrinsic(lambda _context, _first: (result(*takes), make))
    return intrinsic(lambda _context, _first, _second: (result(*takes), make))


def _at(builder: Any, address: Any, kind: Any) -> Any:
    return builder.inttoptr(address, kind.as_pointer())


# byte(address) -> the byte there
byte = _instruction(types.uint8, (types.int64,), lambda b, a: b.load(_at(b, a[0], _BYTE)))
# word(address) -> the eight bytes from there on, the first being the lowest
word = _instruction(types.uint64, (types.int64,), lambda b, a: b.load(_at(b, a[0], _WORD), align=1))
# put_byte(address, byte), put_word(address, word): write there
put_byte = _instruction(types.void, (types.int64, types.uint8), lambda b, a: b.store(a[1], _at(b, a[0], _BYTE)))
put_word = _instruction(
    types.void, (types.int64, types.uint64), lambda b, a: b.store(a[1], _at(b, a[0], _WORD), align=1)
)
# zeros_below(word) -> how many bits lie below the lowest that is set
zeros_below = _instruction(types.int64, (types.uint64,), lambda b, a: b.cttz(a[0], ir.Constant(ir.IntType(1), 0)))
