"""The second stage: messages become landing rows and dead letters, and rows become a file that nobody sees yet."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from contracts import Contract
from lakehouse.schema import SINK_COLUMNS, landing_columns
from sinks.broker import Broker, Topic
from sinks.config import SinkConfig
from sinks.decoding.decoder import Decoded, Decoder, Rejected
from sinks.errors import DecodingFailed, TopicRecreated, TopicStopped, TopicWaits
from sinks.ledger import Identity
from sinks.messages import unpacked
from sinks.parquet import FileWriter
from sinks.payloads import Payloads
from sinks.progress import Counts
from sinks.records import Batch, Headers, Ints, Records, joined

_DEAD_LETTERS = pa.schema(
    [
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("timestamp", pa.timestamp("us")),
        ("key", pa.binary()),
        ("value", pa.binary()),
        ("headers", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)


@dataclass(frozen=True)
class Part:
    """One topic's share of a batch: ``rows`` are in ``file`` where there is one, ``messages`` counts by partition."""

    contract: Contract
    messages: dict[int, int]
    rows: pa.Table
    file: Path | None
    dead_letters: pa.Table
    counts: Counts


@dataclass(frozen=True)
class Encoded:
    """A batch that is ready to be committed, but for the topics that failed, of which it has no parts."""

    batch: Batch
    parts: tuple[Part, ...]
    landed_at: datetime
    failures: tuple[TopicStopped | TopicWaits, ...] = ()

    @property
    def counts(self) -> dict[str, Counts]:
        """What the batch holds, by topic."""
        return {part.contract.topic: part.counts for part in self.parts}

    @property
    def reasons(self) -> dict[str, dict[str, int]]:
        """How many dead letters the batch holds for each reason, by topic."""
        return {
            part.contract.topic: {
                pair["values"]: pair["counts"] for pair in part.dead_letters["reason"].value_counts().to_pylist()
            }
            for part in self.parts
        }

    @property
    def files(self) -> tuple[str, ...]:
        """The files it wrote."""
        return tuple(str(part.file) for part in self.parts if part.file)

    def only(self, topics: Collection[str]) -> Encoded:
        """The share of ``topics``."""
        parts = tuple(part for part in self.parts if part.contract.topic in topics)
        return Encoded(self.batch.only(topics), parts, self.landed_at)

    def discard(self) -> None:
        """Remove the files; only for a batch that is surely not in the lake."""
        for file in self.files:
            Path(file).unlink(missing_ok=True)


class Encoder:
    """Makes batches ready; used by several threads at once."""

    def __init__(
        self,
        config: SinkConfig,
        contracts: Mapping[str, Contract],
        decoders: Mapping[str, Decoder],
        writer: FileWriter,
        broker: Broker,
        identity: Identity,
        clock: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._contracts = contracts
        self._decoders = decoders
        self._writer = writer
        self._broker = broker
        self._identity = identity
        self._clock = clock

    def encode(self, batch: Batch) -> Encoded:
        """Decode the batch and write its files; topics that fail are left out and told of in ``failures``."""
        landed_at = self._clock()
        parts: list[Part] = []
        topics, failures = self._same_as_ever(batch.topics)
        for topic in sorted(topics):
            try:
                parts.append(self._part(topic, batch, landed_at))
            except (TopicStopped, TopicWaits) as error:
                failures.append(error)
        return Encoded(batch, tuple(parts), landed_at, tuple(failures))

    def _same_as_ever(self, topics: set[str]) -> tuple[set[str], list[TopicStopped | TopicWaits]]:
        """Those of ``topics`` that were not made anew, so that all their messages are of one topic; and errors."""
        failures: list[TopicStopped | TopicWaits] = []
        found: dict[str, Topic] = {}
        while asked := topics - {error.topic for error in failures}:
            try:
                found = self._broker.topics(asked)
                break
            except TopicStopped as error:
                failures.append(error)
        # Ids never come again: an id that is the same after the messages were read was the same all along.
        anew = {name: each for name, each in found.items() if each.topic_id != self._identity.topic_ids[name]}
        for name, topic in anew.items():
            told = (
                f"topic {name} was deleted and made again while it was read (id {topic.topic_id}, before "
                f"{self._identity.topic_ids[name]}); nothing of the new topic was landed. Start the sink again."
            )
            failures.append(TopicRecreated(name, told))
        return found.keys() - anew.keys(), failures

    def _decoded(self, topic: str, values: Payloads, keys: Payloads) -> Decoded:
        try:
            return self._decoders[topic].decode(values, keys)
        except (TopicStopped, TopicWaits, MemoryError):
            raise
        except Exception as error:
            # Whatever a message may hold that nobody thought of, other topics land on. Its text may hold the message.
            raise DecodingFailed(
                topic,
                f"topic {topic}: the decoder broke with {type(error).__name__}, which is a fault of Vigil's; nothing "
                "of this batch or behind it was landed. Report the traceback; a corrected version lands the rest.",
            ) from error

    def _part(self, topic: str, batch: Batch, landed_at: datetime) -> Part:
        contract = self._contracts[topic]
        records = batch.records.get(topic, Records())
        values, keys, headers = map(Payloads.joined, (records.values, records.keys, records.headers))
        decoded = self._decoded(topic, values, keys)
        origin = _Origin(records)
        own: dict[str, pa.Array | pa.ChunkedArray] = {
            "_partition": pa.array(origin.partitions[decoded.positions], pa.int32()),
            "_offset": pa.array(origin.offsets[decoded.positions], pa.int64()),
            "_timestamp": origin.moments(decoded.positions),
            "_headers": _headers_json(headers, decoded.positions),
            "_landed_at": pa.repeat(pa.scalar(landed_at, pa.timestamp("us")), decoded.table.num_rows),
        }
        columns = {name: decoded.table.column(name) for name in decoded.table.column_names} | own
        expected = landing_columns(contract)
        evolved = [name for name in decoded.table.column_names if name not in expected]
        fields = [name for name in expected if name not in SINK_COLUMNS]
        rows = pa.table({name: columns[name] for name in (*fields, *evolved, *SINK_COLUMNS)})
        file = None
        if rows.num_rows > self._config.inline_rows:
            file = self._writer.write(rows, contract.table, batch.commit_id)
        holes = batch.offsets_of(topic) - len(records)
        numbers, counts = np.unique(origin.partitions, return_counts=True)
        return Part(
            contract,
            dict(zip(numbers.tolist(), counts.tolist(), strict=True)),
            rows if file is None else rows.schema.empty_table(),
            file,
            _dead_letters(topic, values, keys, headers, origin, decoded.rejected),
            Counts(rows.num_rows, len(decoded.rejected), holes),
        )


class _Origin:
    """Where and when each message was."""

    def __init__(self, records: Records) -> None:
        self.partitions = joined(records.partitions)
        self.offsets = joined(records.offsets)
        self._milliseconds = joined(records.timestamps)

    def moments(self, positions: Ints) -> pa.Array:
        """Kafka's timestamps of the messages at ``positions``; null where the message has none."""
        chosen = self._milliseconds[positions]
        return pa.array(chosen * 1000, pa.int64(), mask=chosen < 0).cast(pa.timestamp("us"))


def _dead_letters(
    topic: str, values: Payloads, keys: Payloads, headers: Payloads, origin: _Origin, rejected: list[Rejected]
) -> pa.Table:
    at = [each.position for each in rejected]
    positions = np.array(at, np.int64)
    return pa.Table.from_arrays(
        [
            pa.repeat(pa.scalar(topic), len(at)),
            pa.array(origin.partitions[positions], pa.int32()),
            pa.array(origin.offsets[positions], pa.int64()),
            origin.moments(positions),
            pa.array(keys.take(positions).list(), pa.binary()),
            pa.array(values.take(positions).list(), pa.binary()),
            _headers_json(headers, positions),
            pa.array([each.reason for each in rejected], pa.string()),
            pa.array([each.detail for each in rejected], pa.string()),
        ],
        schema=_DEAD_LETTERS,
    )


def _headers_json(headers: Payloads, positions: Ints) -> pa.Array:
    """Headers as JSON objects; null where there are none.

    A value that is no UTF-8 becomes ``{"base64": …}``; a name that comes more than once holds the list of its values.
    """
    if not headers.present.any():
        return pa.nulls(len(positions), pa.string())
    packed = headers.take(positions).list()
    return pa.array([_header_json(unpacked(each)) if each else None for each in packed], pa.string())


def _header_json(headers: Headers) -> str:
    found: dict[str, list[Any]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(_header_value(value))
    return json.dumps({name: values if len(values) > 1 else values[0] for name, values in found.items()})


def _header_value(value: bytes | None) -> Any:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}
