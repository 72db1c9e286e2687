"""A door to PostgreSQL that cuts connections in the middle of a commit.

It reads the clients' side of PostgreSQL's protocol just far enough to see a transaction that writes, and its COMMIT.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum

from local.ports import LOOPBACK

_CHUNK = 1 << 16
_HEADER = 5  # a type and the length, which counts itself but not the type
# What every transaction that changes the lake does, and no other.
_WRITES = b"DUCKLAKE_SNAPSHOT VALUES"
_RESET = struct.pack("ii", 1, 0)  # closing answers with RST at once, as a dead peer's host does


class Cut(StrEnum):
    """How a commit is broken off."""

    UNSENT = "unsent"  # it never reaches the server
    UNHEARD = "unheard"  # the server commits, and nobody hears of it
    LATE = "late"  # it reaches the server only after the client has connected again


class Proxy:
    """Listens on ``port`` of the loopback interface and passes on to the Unix socket ``server``, from ``with`` on."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        self._armed: tuple[Cut, float] | None = None
        self._links: set[_Link] = set()
        self.commits = 0
        self.cuts: Counter[Cut] = Counter()

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone does not wake a thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            links = list(self._links)
        for link in links:
            link.cut()

    def arm(self, cut: Cut, delay: float = 0.0) -> None:
        """Break off the next commit; one that is ``LATE`` reaches the server after ``delay`` seconds."""
        with self._lock:
            self._armed = (cut, delay)

    def disarm(self) -> None:
        """Let all commits through."""
        with self._lock:
            self._armed = None

    def take(self) -> tuple[Cut, float] | None:
        """Count a commit; how it is to be broken off, if so."""
        with self._lock:
            self.commits += 1
            armed, self._armed = self._armed, None
            return armed

    def struck(self, cut: Cut) -> None:
        """Count a commit that was broken off."""
        with self._lock:
            self.cuts[cut] += 1

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._server)
            except OSError:  # the server is away, and the client hears it as it would from the server's host
                _reset(client)
                server.close()
                continue
            link = _Link(self, client, server)
            with self._lock:
                self._links.add(link)
            link.start()

    def forget(self, link: _Link) -> None:
        """A link that has ended."""
        with self._lock:
            self._links.discard(link)


class _Link:
    """One client's connection."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._is_muted = False
        self._answered = threading.Event()
        self._answer = b""

    def start(self) -> None:
        """Pass on both ways until either side ends."""
        for way in (self._upward, self._downward):
            threading.Thread(target=self._passing, args=(way,), daemon=True).start()

    def cut(self) -> None:
        """Break off both sides."""
        _reset(self._client)
        _reset(self._server)

    def _passing(self, way: object) -> None:
        assert callable(way)
        try:
            with contextlib.suppress(OSError):
                way()
        finally:
            self.cut()
            self._proxy.forget(self)

    def _upward(self) -> None:
        has_written = False
        for message in _messages(self._client):
            statement = message[_HEADER:].lstrip().upper() if message[:1] in b"QP" else b""
            if statement.startswith((b"BEGIN", b"ROLLBACK")):
                has_written = False
            if _WRITES in statement:
                has_written = True
            if has_written and statement.startswith(b"COMMIT"):
                has_written = False
                if (chosen := self._proxy.take()) is not None:
                    self._break_off(message, *chosen)
                    return
            self._server.sendall(message)

    def _break_off(self, commit: bytes, cut: Cut, delay: float) -> None:
        if cut is Cut.LATE:
            _reset(self._client)
            time.sleep(delay)
        if cut is not Cut.UNSENT:
            self._is_muted = True
            self._server.sendall(commit)
            self._answered.wait(30)
            if b"COMMIT\0" not in self._answer:  # refused, by the server or because it went away
                return
        self._proxy.struck(cut)

    def _downward(self) -> None:
        while data := self._server.recv(_CHUNK):
            if not self._is_muted:
                self._client.sendall(data)
                continue
            # The client has asked for nothing else, so this is the answer to its COMMIT, which ends with a Z.
            self._answer += data
            if self._answer[-6:-5] == b"Z":
                break
        self._answered.set()


def _messages(client: socket.socket) -> Iterator[bytes]:
    """What a client sends, in whole messages; the first ones have no type."""
    buffered, has_started = b"", False
    while data := client.recv(_CHUNK):
        buffered += data
        while len(buffered) >= _HEADER:
            start = 1 if has_started else 0
            (length,) = struct.unpack_from(">i", buffered, start)
            if len(buffered) < start + length:
                break
            message, buffered = buffered[: start + length], buffered[start + length :]
            if not has_started and length > 8:  # shorter ones ask for encryption
                has_started = True
            yield message


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        # Wakes the thread that reads; closing alone would not.
        end.shutdown(socket.SHUT_RDWR)
    end.close()
