"""Settings of a sink; `kafka.` settings go to librdkafka untouched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from contracts import load
from sinks.errors import SinkMisconfigured

KAFKA_PREFIX = "kafka."
# Exactly-once rests on these; overriding one would lose or double rows quietly.
OWN_KAFKA_SETTINGS = frozenset(
    {
        "auto.offset.reset",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.partition.eof",
        "group.id",
        "isolation.level",
        "partition.assignment.strategy",
    }
)


class SinkConfig(BaseModel):
    """What one sink process lands, and how.

    ``topics``: the topics, all with a contract by default. ``group``: the Kafka consumer group; sinks of one group
    share the partitions. ``start``: where a partition begins that was never landed. A batch is cut at ``batch_rows``,
    ``batch_bytes`` or ``batch_seconds`` after its first message, whichever comes first. A topic's part of a batch with
    at most ``inline_rows`` rows goes into the catalog instead of a file of its own. ``decoders``: threads that decode.
    ``revoke_seconds``: longest wait for batches under way when partitions are taken away or the sink stops.
    ``service_seconds``: longest wait for a catalog or broker that is away. ``metrics_port``: where metrics and health
    are answered, 0 for a free port, none if not given; ``metrics_address``: the address of that port.
    ``watch_seconds``: how often lag is measured and the lake is asked whether it is there. ``health_seconds``: the sink
    counts as hung when its reading loop has not turned for so long, by default a minute more than ``service_seconds``.
    ``kafka``: further librdkafka settings.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    topics: tuple[str, ...] = Field(default_factory=lambda: tuple(load()), min_length=1)
    group: str = Field("vigil", min_length=1)
    start: Literal["earliest", "latest"] = "earliest"
    batch_rows: int = Field(100_000, ge=1)
    batch_bytes: int = Field(64 * 1024 * 1024, ge=1)
    batch_seconds: float = Field(1.0, gt=0)
    inline_rows: int = Field(50, ge=0)
    decoders: int = Field(2, ge=1)
    revoke_seconds: float = Field(10.0, gt=0)
    service_seconds: float = Field(120.0, gt=0)
    metrics_port: int | None = Field(None, ge=0, le=65535)
    metrics_address: str = Field("127.0.0.1", min_length=1)
    watch_seconds: float = Field(5.0, gt=0)
    health_seconds: float | None = Field(None, gt=0)
    kafka: dict[str, str | int | float | bool] = Field(default_factory=dict)

    @field_validator("kafka")
    @classmethod
    def _leaves_ours_alone(cls, value: dict[str, Any]) -> dict[str, Any]:
        if ours := sorted(OWN_KAFKA_SETTINGS & set(value)):
            raise ValueError(f"{', '.join(KAFKA_PREFIX + name for name in ours)} cannot be set: landing depends on it")
        return value

    @field_validator("topics")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))

    @classmethod
    def parse(cls, settings: Mapping[str, Any]) -> SinkConfig:
        """The configuration in a flat mapping, in which librdkafka's settings are named ``kafka.<setting>``.

        Raises:
            SinkMisconfigured: naming every wrong setting.
        """
        kafka = {key.removeprefix(KAFKA_PREFIX): each for key, each in settings.items() if key.startswith(KAFKA_PREFIX)}
        own = {key: each for key, each in settings.items() if not key.startswith(KAFKA_PREFIX)}
        try:
            return cls.model_validate(own | ({"kafka": kafka} if kafka else {}))
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise SinkMisconfigured(f"sink settings: {faults}. The settings are listed in docs/landing.md.") from error
