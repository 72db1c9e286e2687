"""librdkafka's C interface, as far as the sink uses it: the library that comes inside confluent-kafka.

confluent-kafka makes an object of every message; this hands out the messages' addresses instead. Every function is
declared below with its C signature, and one that the library lacks is named when the library is opened.
"""

from __future__ import annotations

import ctypes
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from ctypes import POINTER, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import confluent_kafka
import numpy as np
import numpy.typing as npt
from confluent_kafka import KafkaError

from sinks.errors import BrokerFailed, SinkMisconfigured
from sinks.records import Partition

# rd_kafka_type_t: RD_KAFKA_CONSUMER
_CONSUMER = 1
_NO_OFFSET = -1001
_TEXT_BYTES = 512


class _TopicPartition(ctypes.Structure):
    """rd_kafka_topic_partition_t"""

    _fields_ = (
        ("topic", c_char_p),
        ("partition", c_int32),
        ("offset", c_int64),
        ("metadata", c_void_p),
        ("metadata_size", c_size_t),
        ("opaque", c_void_p),
        ("err", c_int),
        ("_private", c_void_p),
    )


class _TopicPartitions(ctypes.Structure):
    """rd_kafka_topic_partition_list_t"""

    _fields_ = (("cnt", c_int), ("size", c_int), ("elems", POINTER(_TopicPartition)))


_List = POINTER(_TopicPartitions)
_REBALANCE = ctypes.CFUNCTYPE(None, c_void_p, c_int, _List, c_void_p)
_LOG = ctypes.CFUNCTYPE(None, c_void_p, c_int, c_char_p, c_char_p)

# What librdkafka would otherwise write to standard error itself; how much of it, its settings say.
LOGGER = logging.getLogger(__name__)
# By syslog's levels, which librdkafka's are.
_LOG_LEVELS = (*[logging.ERROR] * 4, logging.WARNING, logging.INFO, logging.INFO, logging.DEBUG)

# Facilities of lines that say that a broker cannot be reached, and how long one of them is enough for each broker.
_FAILURES = frozenset({b"FAIL", b"ERROR"})
_QUIET_SECONDS = 60.0

# Result and arguments of each function, as librdkafka's rdkafka.h has them.
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    # rd_kafka_conf_t *rd_kafka_conf_new(void)
    "conf_new": (c_void_p, ()),
    # void rd_kafka_conf_destroy(rd_kafka_conf_t *)
    "conf_destroy": (None, (c_void_p,)),
    # rd_kafka_conf_res_t rd_kafka_conf_set(rd_kafka_conf_t *, const char *name, const char *value, char *, size_t)
    "conf_set": (c_int, (c_void_p, c_char_p, c_char_p, c_char_p, c_size_t)),
    # void rd_kafka_conf_set_rebalance_cb(rd_kafka_conf_t *, void (*)(rd_kafka_t *, rd_kafka_resp_err_t,
    #     rd_kafka_topic_partition_list_t *, void *opaque))
    "conf_set_rebalance_cb": (None, (c_void_p, _REBALANCE)),
    # void rd_kafka_conf_set_log_cb(rd_kafka_conf_t *, void (*)(const rd_kafka_t *, int level, const char *fac,
    #     const char *buf))
    "conf_set_log_cb": (None, (c_void_p, _LOG)),
    # rd_kafka_t *rd_kafka_new(rd_kafka_type_t, rd_kafka_conf_t *, char *errstr, size_t)
    "new": (c_void_p, (c_int, c_void_p, c_char_p, c_size_t)),
    # void rd_kafka_destroy(rd_kafka_t *)
    "destroy": (None, (c_void_p,)),
    # rd_kafka_resp_err_t rd_kafka_poll_set_consumer(rd_kafka_t *)
    "poll_set_consumer": (c_int, (c_void_p,)),
    # rd_kafka_queue_t *rd_kafka_queue_get_consumer(rd_kafka_t *)
    "queue_get_consumer": (c_void_p, (c_void_p,)),
    # void rd_kafka_queue_destroy(rd_kafka_queue_t *)
    "queue_destroy": (None, (c_void_p,)),
    # rd_kafka_resp_err_t rd_kafka_subscribe(rd_kafka_t *, const rd_kafka_topic_partition_list_t *)
    "subscribe": (c_int, (c_void_p, _List)),
    # ssize_t rd_kafka_consume_batch_queue(rd_kafka_queue_t *, int timeout_ms, rd_kafka_message_t **, size_t)
    "consume_batch_queue": (ctypes.c_ssize_t, (c_void_p, c_int, c_void_p, c_size_t)),
    # const char *rd_kafka_topic_name(const rd_kafka_topic_t *)
    "topic_name": (c_char_p, (c_void_p,)),
    # const char *rd_kafka_message_errstr(const rd_kafka_message_t *)
    "message_errstr": (c_char_p, (c_void_p,)),
    # rd_kafka_error_t *rd_kafka_incremental_assign(rd_kafka_t *, const rd_kafka_topic_partition_list_t *)
    "incremental_assign": (c_void_p, (c_void_p, _List)),
    # rd_kafka_error_t *rd_kafka_incremental_unassign(rd_kafka_t *, const rd_kafka_topic_partition_list_t *)
    "incremental_unassign": (c_void_p, (c_void_p, _List)),
    # const char *rd_kafka_error_string(const rd_kafka_error_t *)
    "error_string": (c_char_p, (c_void_p,)),
    # void rd_kafka_error_destroy(rd_kafka_error_t *)
    "error_destroy": (None, (c_void_p,)),
    # int rd_kafka_assignment_lost(rd_kafka_t *)
    "assignment_lost": (c_int, (c_void_p,)),
    # rd_kafka_resp_err_t rd_kafka_pause_partitions(rd_kafka_t *, rd_kafka_topic_partition_list_t *)
    "pause_partitions": (c_int, (c_void_p, _List)),
    # rd_kafka_resp_err_t rd_kafka_resume_partitions(rd_kafka_t *, rd_kafka_topic_partition_list_t *)
    "resume_partitions": (c_int, (c_void_p, _List)),
    # rd_kafka_resp_err_t rd_kafka_commit(rd_kafka_t *, const rd_kafka_topic_partition_list_t *, int async)
    "commit": (c_int, (c_void_p, _List, c_int)),
    # rd_kafka_resp_err_t rd_kafka_consumer_close(rd_kafka_t *)
    "consumer_close": (c_int, (c_void_p,)),
    # rd_kafka_resp_err_t rd_kafka_fatal_error(rd_kafka_t *, char *errstr, size_t)
    "fatal_error": (c_int, (c_void_p, c_char_p, c_size_t)),
    # const char *rd_kafka_err2str(rd_kafka_resp_err_t)
    "err2str": (c_char_p, (c_int,)),
    # const char *rd_kafka_err2name(rd_kafka_resp_err_t)
    "err2name": (c_char_p, (c_int,)),
    # rd_kafka_topic_partition_list_t *rd_kafka_topic_partition_list_new(int size)
    "topic_partition_list_new": (_List, (c_int,)),
    # rd_kafka_topic_partition_t *rd_kafka_topic_partition_list_add(rd_kafka_topic_partition_list_t *, const char *,
    #     int32_t partition)
    "topic_partition_list_add": (POINTER(_TopicPartition), (_List, c_char_p, c_int32)),
    # void rd_kafka_topic_partition_list_destroy(rd_kafka_topic_partition_list_t *)
    "topic_partition_list_destroy": (None, (_List,)),
    # Called by compiled code, by their addresses; see ``sinks.messages``.
    # int64_t rd_kafka_message_timestamp(const rd_kafka_message_t *, rd_kafka_timestamp_type_t *)
    "message_timestamp": (c_int64, (c_void_p, c_void_p)),
    # rd_kafka_resp_err_t rd_kafka_message_headers(const rd_kafka_message_t *, rd_kafka_headers_t **)
    "message_headers": (c_int, (c_void_p, c_void_p)),
    # rd_kafka_resp_err_t rd_kafka_header_get_all(const rd_kafka_headers_t *, size_t idx, const char **name,
    #     const void **value, size_t *size)
    "header_get_all": (c_int, (c_void_p, c_size_t, c_void_p, c_void_p, c_void_p)),
    # void rd_kafka_message_destroy(rd_kafka_message_t *)
    "message_destroy": (None, (c_void_p,)),
}


@cache
def functions() -> Any:
    """librdkafka's functions, by their names without ``rd_kafka_``.

    Raises:
        SinkMisconfigured: the confluent-kafka that is installed does not show one of them.
    """
    library = ctypes.CDLL(confluent_kafka.cimpl.__file__)
    found = SimpleNamespace()
    for name, (result, arguments) in _SIGNATURES.items():
        try:
            function = getattr(library, f"rd_kafka_{name}")
        except AttributeError as error:
            raise SinkMisconfigured(
                f"{confluent_kafka.cimpl.__file__} (confluent-kafka {confluent_kafka.__version__}) does not show "
                f"librdkafka's function rd_kafka_{name}; install confluent-kafka 2.16.1 as a wheel from PyPI"
            ) from error
        function.restype, function.argtypes = result, arguments
        setattr(found, name, function)
    return found


def address(name: str) -> int:
    """Where a function lies, for compiled code."""
    return ctypes.cast(getattr(functions(), name), c_void_p).value or 0


def error_name(code: int) -> str:
    """librdkafka's name of an error code."""
    return str(functions().err2name(code).decode())


class Repeated:
    """Keeps failures to connect, which librdkafka tells of at every attempt, from filling the log."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # When a line of that kind was last told, and how many have been left out since.
        self._told: dict[tuple[bytes, bytes], tuple[float, int]] = {}

    def left_out(self, facility: bytes, text: bytes, now: float) -> int | None:
        """How many lines like this were left out since the last that was told; None if this one is to be, too."""
        if facility not in _FAILURES:
            return 0
        # A line begins with the broker's thread: [thrd:kafka-1:9092/1]: ...
        kind = facility, text.partition(b"]")[0]
        with self._lock:
            at, count = self._told.get(kind, (-_QUIET_SECONDS, 0))
            if now - at < _QUIET_SECONDS:
                self._told[kind] = at, count + 1
                return None
            self._told[kind] = now, 0
            return count


_repeated = Repeated()


def _log(_handle: int | None, level: int, facility: bytes, text: bytes) -> None:
    # Called by librdkafka's own threads.
    left_out = _repeated.left_out(facility, text, time.monotonic())
    if left_out is None:
        return
    more = f" ({left_out} such lines were left out before this one)" if left_out else ""
    words = facility.decode(errors="replace"), text.decode(errors="replace")
    LOGGER.log(_LOG_LEVELS[level], "%s %s%s", *words, more)


# Kept here, as it may be called for as long as there are clients.
_log_callback = _LOG(_log)


class Callbacks(NamedTuple):
    """Called while messages are read, in that thread, with the partitions that come or go."""

    assigned: Callable[[list[Partition]], None]
    revoked: Callable[[list[Partition]], None]
    lost: Callable[[list[Partition]], None]


class Client:
    """A consumer of a group. For one thread.

    Raises (the constructor):
        SinkMisconfigured: librdkafka refuses a setting.
    """

    def __init__(self, settings: Mapping[str, Any], callbacks: Callbacks) -> None:
        self._rd = functions()
        self._callbacks = callbacks
        self._failure: BaseException | None = None
        # Kept here for as long as librdkafka may call it.
        self._callback = _REBALANCE(self._on_rebalance)
        self._handle = self._new(settings)
        self._rd.poll_set_consumer(self._handle)
        self._queue = self._rd.queue_get_consumer(self._handle)

    def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group for these topics."""
        with _Partitions(dict.fromkeys((Partition(topic, -1) for topic in topics), _NO_OFFSET)) as wanted:
            self._check(self._rd.subscribe(self._handle, wanted), "to subscribe")

    def consume(self, messages: npt.NDArray[np.int64], seconds: float) -> int:
        """Fill ``messages`` with the addresses of those that come within ``seconds``; returns how many they are.

        Each must be destroyed. What a callback raised is raised here; if messages came with it, by the next call.
        """
        self.raise_failure()
        room, milliseconds = len(messages), int(seconds * 1000)
        count = max(int(self._rd.consume_batch_queue(self._queue, milliseconds, messages.ctypes.data, room)), 0)
        if not count:
            self.raise_failure()
        return count

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read these partitions, too, from these offsets on."""
        with _Partitions(positions) as chosen:
            self._check_error(self._rd.incremental_assign(self._handle, chosen), "to assign")

    def unassign(self, partitions: Iterable[Partition]) -> None:
        """Do not read these partitions any more; what was fetched of them is dropped."""
        with _Partitions(dict.fromkeys(partitions, _NO_OFFSET)) as chosen:
            self._check_error(self._rd.incremental_unassign(self._handle, chosen), "to unassign")

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Fetch nothing of these partitions until they are resumed."""
        with _Partitions(dict.fromkeys(partitions, _NO_OFFSET)) as chosen:
            self._check(self._rd.pause_partitions(self._handle, chosen), "to pause")

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Fetch these partitions again."""
        with _Partitions(dict.fromkeys(partitions, _NO_OFFSET)) as chosen:
            self._check(self._rd.resume_partitions(self._handle, chosen), "to resume")

    def commit(self, positions: Mapping[Partition, int], wait: bool) -> None:
        """Tell the group these offsets.

        Raises:
            BrokerFailed: the group does not take them; known only when waited for.
        """
        with _Partitions(positions) as chosen:
            self._check(self._rd.commit(self._handle, chosen, int(not wait)), "to commit the group's offsets")

    def error_text(self, message: int) -> str:
        """What an error that came in place of a message says."""
        return str((self._rd.message_errstr(message) or b"").decode(errors="replace"))

    def topic(self, topic: int) -> str:
        """The name of the topic at an address."""
        return str(self._rd.topic_name(topic).decode())

    def fatal_error(self) -> str:
        """What has broken this consumer for good; empty if nothing has."""
        text = ctypes.create_string_buffer(_TEXT_BYTES)
        code = self._rd.fatal_error(self._handle, text, len(text))
        return f"{error_name(code)}: {text.value.decode(errors='replace')}" if code else ""

    def close(self) -> None:
        """Leave the group, and give everything back; what a callback raised meanwhile is raised."""
        # Partitions are taken away in this call.
        self._rd.consumer_close(self._handle)
        self._rd.queue_destroy(self._queue)
        self._rd.destroy(self._handle)
        self.raise_failure()

    def _new(self, settings: Mapping[str, Any]) -> Any:
        conf = self._rd.conf_new()
        text = ctypes.create_string_buffer(_TEXT_BYTES)
        try:
            for name, value in settings.items():
                written = str(value).lower() if isinstance(value, bool) else str(value)
                if self._rd.conf_set(conf, name.encode(), written.encode(), text, len(text)):
                    raise SinkMisconfigured(f"librdkafka refuses the kafka. settings: {text.value.decode()}")
            self._rd.conf_set_rebalance_cb(conf, self._callback)
            self._rd.conf_set_log_cb(conf, _log_callback)
            handle = self._rd.new(_CONSUMER, conf, text, len(text))
            if not handle:
                raise SinkMisconfigured(f"librdkafka refuses the kafka. settings: {text.value.decode()}")
        except BaseException:
            self._rd.conf_destroy(conf)
            raise
        return handle

    def _on_rebalance(self, handle: int, code: int, given: Any, _opaque: Any) -> None:
        # Nothing may be raised through C; the call that led here raises it. librdkafka waits for an answer either way.
        # Ending that call early, by rd_kafka_yield, would leak the message after this.
        try:
            partitions = [
                Partition(given.contents.elems[i].topic.decode(), given.contents.elems[i].partition)
                for i in range(given.contents.cnt)
            ]
            if code == KafkaError._ASSIGN_PARTITIONS:
                self._callbacks.assigned(partitions)
            elif self._rd.assignment_lost(handle):
                self._callbacks.lost(partitions)
            else:
                self._callbacks.revoked(partitions)
        except BaseException as error:
            self._failure = self._failure or error
            assigned = code == KafkaError._ASSIGN_PARTITIONS
            answer = self._rd.incremental_assign if assigned else self._rd.incremental_unassign
            if refused := answer(handle, given):
                self._rd.error_destroy(refused)

    def raise_failure(self) -> None:
        """Raise what a callback raised."""
        failure, self._failure = self._failure, None
        if failure:
            raise failure

    def _check(self, code: int, what: str) -> None:
        if code:
            raise BrokerFailed(f"librdkafka refuses {what}: {error_name(code)}: {self._rd.err2str(code).decode()}")

    def _check_error(self, error: int | None, what: str) -> None:
        if error:
            text = self._rd.error_string(error).decode(errors="replace")
            self._rd.error_destroy(error)
            raise BrokerFailed(f"librdkafka refuses {what}: {text}")


class _Partitions:
    """A list of partitions with their offsets, in C, for the length of a block."""

    def __init__(self, positions: Mapping[Partition, int]) -> None:
        self._rd = functions()
        self._list = self._rd.topic_partition_list_new(len(positions))
        for partition, offset in positions.items():
            added = self._rd.topic_partition_list_add(self._list, partition.topic.encode(), partition.number)
            added.contents.offset = offset

    def __enter__(self) -> Any:
        return self._list

    def __exit__(self, *_: object) -> None:
        self._rd.topic_partition_list_destroy(self._list)
