"""Settings of a sink; `kafka.` settings go to librdkafka untouched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from contracts import load
from sinks import kafka_settings
from sinks.errors import SinkMisconfigured
from sinks.topic_patterns import fault_of, is_pattern, under

KafkaName = Annotated[str, AfterValidator(kafka_settings.passes)]
# Settings by whose beginning a whole family is named, and the field that holds it.
_FAMILIES = {kafka_settings.PREFIX: "kafka", "format.": "formats", "envelope.": "envelopes", "registry.": "registry"}
Format = Literal["json", "avro", "json_schema", "protobuf"]
Envelope = Literal["none", "debezium"]


class RegistrySettings(BaseModel):
    """Where schemas are looked up, and how to log in there.

    ``url``: the Confluent API of a registry, or of several that hold the same, with commas between them. ``user`` and
    ``password``, or ``token``: basic authentication, or a bearer token. ``ca_file``: whom to trust instead of the
    system's authorities; ``certificate_file``, ``key_file``, ``key_password``: the client's certificate (all PEM).
    ``timeout_seconds``: longest wait for a connection, and for an answer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(min_length=1)
    user: str | None = None
    password: str | None = Field(None, repr=False)
    token: str | None = Field(None, repr=False)
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    key_password: str | None = Field(None, repr=False)
    timeout_seconds: float = Field(5.0, gt=0)

    @property
    def urls(self) -> tuple[str, ...]:
        """The registries, in the order in which they are asked."""
        return tuple(each.strip().rstrip("/") for each in self.url.split(",") if each.strip())

    @model_validator(mode="after")
    def _consistent(self) -> RegistrySettings:
        for each in self.urls or ("",):
            found = urlsplit(each)
            if found.scheme not in ("http", "https") or not found.hostname:
                raise ValueError("url must begin with http:// or https:// and name a host")
            if found.username is not None:
                raise ValueError("url must hold no password; set registry.user and VIGIL_REGISTRY_PASSWORD")
        if self.user is not None and self.token is not None:
            raise ValueError("user and token are two ways to log in; set one of them")
        if self.password is not None and self.user is None:
            raise ValueError("a password needs a user")
        for name in ("ca_file", "certificate_file", "key_file"):
            file = getattr(self, name)
            if file is not None and not Path(file).is_file():
                raise ValueError(f"{name} names {file!r}, which is no file")
        return self


class SinkConfig(BaseModel):
    """What one sink process lands, and how.

    ``topics``: the topics, all with a contract by default; a regular expression stands for all topics with a contract
    whose whole name it matches, also for those that come up later. ``group``: the Kafka consumer group; sinks of one
    group share the partitions. ``start``: where a partition begins that was never landed. A batch is cut at
    ``batch_rows``, ``batch_bytes`` or ``batch_seconds`` after its first message, whichever comes first. A topic's part
    of a batch with at most ``inline_rows`` rows goes into the catalog instead of a file of its own. ``decoders``:
    threads that decode. ``revoke_seconds``: longest wait for batches under way when partitions are taken away or the
    sink stops. ``service_seconds``: longest wait for a catalog or broker that is away. ``metrics_port``: where metrics
    and health are answered, 0 for a free port, none if not given; ``metrics_address``: the address of that port.
    ``watch_seconds``: how often lag is measured and the lake is asked whether it is there. ``health_seconds``: the sink
    counts as hung when its reading loop has not turned for so long, by default a minute more than ``service_seconds``.
    ``upkeep_seconds``: how often the lake is tidied by one of its sinks, 0 for never; ``upkeep_keep_hours``: how old a
    snapshot becomes before upkeep expires it.
    ``kafka``: further librdkafka settings. ``format``: how messages are written on the wire, ``formats``: of single
    topics, where that differs; ``envelope`` and ``envelopes``: likewise, what is around the rows. ``registry``: where
    their schemas are looked up. ``on_incompatible``: whether a topic stops at a schema that its contract cannot take,
    or sets the messages aside as dead letters.
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
    upkeep_seconds: float = Field(120.0, ge=0)
    upkeep_keep_hours: float = Field(24.0, ge=1)
    # Not in the representation, since passwords are among them.
    kafka: dict[KafkaName, str | int | float | bool] = Field(default_factory=dict, repr=False)
    format: Format = "json"
    formats: dict[str, Format] = Field(default_factory=dict)
    envelope: Envelope = "none"
    envelopes: dict[str, Envelope] = Field(default_factory=dict)
    registry: RegistrySettings | None = None
    on_incompatible: Literal["stop", "dead_letter"] = "stop"

    @field_validator("topics", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(filter(None, re.split(r"[\s,]+", value))) if isinstance(value, str) else value

    @field_validator("topics")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if faults := [fault for topic in value if is_pattern(topic) and (fault := fault_of(topic))]:
            raise ValueError("; ".join(faults))
        return tuple(dict.fromkeys(value))

    @field_validator("formats", "envelopes")
    @classmethod
    def _of_names(cls, value: dict[str, Any]) -> dict[str, Any]:
        if patterns := [topic for topic in value if is_pattern(topic)]:
            raise ValueError(
                f"{', '.join(patterns)} is a pattern; name each topic, or set what most have without a topic"
            )
        return value

    @model_validator(mode="after")
    def _has_its_registry(self) -> SinkConfig:
        framed = sorted({self.format, *self.formats.values()} - {"json"})
        if framed and self.registry is None:
            raise ValueError(f"format {', '.join(framed)} needs registry.url")
        for topic in {*self.topics, *self.formats, *self.envelopes}:
            if self.enveloped(topic) and self.formats.get(topic, self.format) not in ("json", "json_schema"):
                raise ValueError(f"envelope of {topic}: debezium is read in the formats json and json_schema")
        return self

    @model_validator(mode="after")
    def _concerns_its_topics(self) -> SinkConfig:
        for setting, named in (("format", self.formats), ("envelope", self.envelopes)):
            strange = [topic for topic in named if not self._is_named(topic)]
            # Of topics with a contract others may be there: one file of settings does for several sinks.
            known = load() if strange else {}
            for topic in strange:
                if topic not in known:
                    near = get_close_matches(topic, (*self.topics, *known), 1)
                    raise ValueError(
                        f"{setting}.{topic} is set, but {topic} is neither among the topics nor has it a contract"
                        + (f"; is {near[0]} meant?" if near else "")
                    )
        return self

    def _is_named(self, topic: str) -> bool:
        return topic in self.topics or any(is_pattern(each) and under(each, [topic]) for each in self.topics)

    def enveloped(self, topic: str) -> bool:
        """Whether the messages of ``topic`` are Debezium's change events."""
        return self.envelopes.get(topic, self.envelope) == "debezium"

    @classmethod
    def parse(cls, settings: Mapping[str, Any], origins: Mapping[str, str] | None = None) -> SinkConfig:
        """The configuration in a flat mapping, in which librdkafka's settings are named ``kafka.<setting>``.

        ``origins`` tells where a setting comes from, if it is worth telling.

        Raises:
            SinkMisconfigured: naming every wrong setting.
        """
        nested: dict[str, dict[str, Any]] = {}
        own: dict[str, Any] = {}
        faults: dict[str, str] = {}
        for name, value in settings.items():
            family = next((each for each in _FAMILIES if name.startswith(each)), None)
            if family:
                nested.setdefault(_FAMILIES[family], {})[name.removeprefix(family)] = value
            elif name not in cls.model_fields or name in _FAMILIES.values():
                faults[name] = _unknown(name, cls.model_fields)
            else:
                own[name] = value
        config = None
        try:
            config = cls.model_validate(own | nested)
        except ValidationError as error:
            for each in error.errors():
                faults.setdefault(_name(each["loc"]), _fault(each["msg"]))
        kafka = nested.get("kafka", {})
        fine = {name: value for name, value in kafka.items() if kafka_settings.PREFIX + name not in faults}
        for name, told in kafka_settings.refused(fine, {"group.id": "none"}).items():
            faults[kafka_settings.PREFIX + name if name else "kafka"] = told
        if faults or config is None:
            raise SinkMisconfigured(
                "sink settings: "
                + "; ".join(f"{name}{_origin(name, origins or {})}: {told}" for name, told in faults.items())
                + ". The settings are listed in docs/landing.md."
            )
        return config


def _name(loc: tuple[int | str, ...]) -> str:
    """The setting that pydantic's location is of."""
    for family, field in _FAMILIES.items():
        if len(loc) > 1 and loc[0] == field:
            return f"{family}{loc[1]}"
    return str(loc[0]) if loc else "settings"


def _fault(message: str) -> str:
    return message.removeprefix("Value error, ")


def _unknown(name: str, known: Iterable[str]) -> str:
    for family, field in _FAMILIES.items():
        if name == field:
            return f"settings are not nested; write {family}<name>, each on its own"
    near = get_close_matches(name, known, 1)
    return "there is no such setting" + (f", is {near[0]} meant?" if near else "")


def _origin(name: str, origins: Mapping[str, str]) -> str:
    """Where the setting comes from; of a fault of a whole family, where any of it does."""
    found = origins.get(name) or next((each for own, each in origins.items() if own.startswith(f"{name}.")), None)
    return f" ({found})" if found else ""
