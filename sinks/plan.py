"""What a sink that is started now would do first; looks, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import duckdb

from contracts import Contract, contract_for
from lakehouse.attach import connect
from lakehouse.errors import CatalogUnreachable
from lakehouse.secrets import without_passwords
from lakehouse.settings import Settings
from sinks import ledger
from sinks.broker import Broker, Held, Member, Topic, named_servers
from sinks.config import SinkConfig
from sinks.decoding.formats import decoder_for, registry_for
from sinks.errors import SinkError, TopicMissing
from sinks.landing_tables import changes_for
from sinks.ledger import Entry, Identity
from sinks.positions import require_held, require_same_topic
from sinks.records import Partition
from sinks.topic_patterns import chosen_topics

# What DuckLake says of a catalog that holds no lake, where it may not make one.
_NO_LAKE = "creating a new DuckLake is explicitly disabled"


@dataclass(frozen=True)
class PartitionPlan:
    """Where a sink would begin to read: at ``begins_at``, as the ``ledger`` or the start policy (``since``) says.

    ``waiting`` are the offsets from there to the end, holes included. ``refused`` is the error that it would give
    instead; then the others are None.
    """

    partition: int
    begins_at: int | None
    since: str | None
    waiting: int | None
    refused: str | None = None


@dataclass(frozen=True)
class TopicPlan:
    """What a sink would do with a topic, which is ``there`` or would be ``created``.

    ``table`` ``exists``, is ``created``, or ``extended``: ``changes`` says by which columns of the contract, and which
    types widen. What else messages bring along is seen once they are read. ``refused`` is the error that the topic as a
    whole would give.
    """

    topic: str
    topic_is: str
    format: str
    fields: int
    table: str
    table_is: str
    changes: tuple[str, ...]
    partitions: tuple[PartitionPlan, ...]
    refused: str | None = None

    @property
    def refusals(self) -> list[str]:
        """The errors that it would give."""
        own = [self.refused] if self.refused else []
        return own + [each.refused for each in self.partitions if each.refused]


@dataclass(frozen=True)
class SinkPlan:
    """What a sink would do. ``lake_is`` ``there`` or ``created``."""

    brokers: str
    cluster_id: str
    catalog: str
    lake_is: str
    group: str
    members: tuple[Member, ...]
    topics: tuple[TopicPlan, ...]

    @property
    def refusals(self) -> list[str]:
        """The errors that it would give; none if it would start."""
        return [refusal for topic in self.topics for refusal in topic.refusals]


def plan_sink(
    config: SinkConfig,
    settings: Settings,
    *,
    contracts: Mapping[str, Contract] | None = None,
    makes_topics: bool = False,
) -> SinkPlan:
    """What a sink with this configuration would do first; ``makes_topics`` if topics are made for it that are missing.

    Raises:
        SinkError: it would not even begin: a wrong setting, a pattern under which there is no topic, brokers that do
            not answer.
        ContractError: it would not either, since a topic has no contract.
        LakeError: the catalog does not answer.
    """
    servers = named_servers(settings)
    with ExitStack() as stack:
        broker = stack.enter_context(Broker(servers, config.kafka, config.service_seconds))
        names = chosen_topics(config.topics, contracts, broker.names)
        chosen = {topic: contracts[topic] if contracts else contract_for(topic) for topic in names}
        lake = _Lake(_attached(settings, stack), chosen)
        cluster = broker.cluster_id()
        topics = tuple(_topic(config, broker, lake, contract, cluster, makes_topics) for contract in chosen.values())
        return SinkPlan(
            servers,
            cluster,
            without_passwords(str(settings.catalog)),
            "there" if lake.exists else "created",
            config.group,
            tuple(broker.members(config.group)),
            topics,
        )


def _attached(settings: Settings, stack: ExitStack) -> duckdb.DuckDBPyConnection | None:
    try:
        return stack.enter_context(connect(settings, read_only=True))
    except CatalogUnreachable as error:
        if _NO_LAKE in str(error.__cause__):
            return None
        raise


class _Lake:
    """What the lake holds, as far as a plan asks."""

    def __init__(self, connection: duckdb.DuckDBPyConnection | None, contracts: Mapping[str, Contract]) -> None:
        self.exists = connection is not None
        self._connection = connection
        self._tables: set[tuple[str, str]] = set()
        self._entries: list[Entry] = []
        if connection is None:
            return
        self._tables = set(
            connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'lake'"
            ).fetchall()
        )
        if ("ledger", "offsets") in self._tables:
            self._entries = ledger.entries(connection, contracts)

    def of(self, topic: str) -> list[Entry]:
        """The ledger's rows of a topic of that name."""
        return [entry for entry in self._entries if entry.partition.topic == topic]

    def changes(self, contract: Contract) -> tuple[str, ...] | None:
        """What the contract changes of its landing table, None if there is none; raises SchemaIncompatible."""
        if self._connection is None or ("landing", contract.table) not in self._tables:
            return None
        return tuple(changes_for(self._connection, contract))


def _topic(
    config: SinkConfig, broker: Broker, lake: _Lake, contract: Contract, cluster: str, makes_topics: bool
) -> TopicPlan:
    changes: tuple[str, ...] | None = ()
    partitions: tuple[PartitionPlan, ...] = ()
    refused, topic_is = None, "there"
    try:
        # Refuses a format that lacks a setting; no schema is asked for yet.
        decoder_for(contract, config, registry_for(config))
        changes = lake.changes(contract)
        described = broker.topics([contract.topic])[contract.topic]
        identity = Identity(cluster, {contract.topic: described.topic_id})
        partitions = tuple(_partitions(config, broker, lake, described, identity))
    except TopicMissing as error:
        topic_is, refused = ("created", None) if makes_topics else ("missing", str(error))
    except SinkError as error:
        refused = str(error)
    return TopicPlan(
        contract.topic,
        topic_is,
        config.formats.get(contract.topic, config.format),
        len(contract.fields),
        contract.table,
        "created" if changes is None else "extended" if changes else "exists",
        changes or (),
        partitions,
        refused,
    )


def _partitions(
    config: SinkConfig, broker: Broker, lake: _Lake, described: Topic, identity: Identity
) -> Iterable[PartitionPlan]:
    entries = lake.of(described.name)
    known = {entry.partition: entry.next_offset for entry in entries if entry.matches(identity)}
    if not known:
        require_same_topic(described.name, entries, identity)
    for partition, held in broker.held(described.partitions).items():
        yield _partition(config, partition, held, known.get(partition), landed=bool(known))


def _partition(config: SinkConfig, partition: Partition, held: Held, offset: int | None, landed: bool) -> PartitionPlan:
    since = "ledger"
    if offset is None:
        # A partition added to a topic that is landed already is new from its first message on.
        latest = config.start == "latest" and not landed
        offset, since = (held.end, "latest") if latest else (held.start, "earliest")
    try:
        require_held(partition, offset, held)
    except SinkError as error:
        return PartitionPlan(partition.number, None, None, None, str(error))
    return PartitionPlan(partition.number, offset, since, held.end - offset)
