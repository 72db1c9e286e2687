"""A schema registry that speaks Confluent's API: schemas by the id that messages carry, each asked for once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import urllib3

from sinks.config import RegistrySettings
from sinks.decoding.once import OnceEach
from sinks.errors import SchemaUnavailable

Kind = Literal["AVRO", "PROTOBUF", "JSON"]
_KINDS: tuple[Kind, ...] = ("AVRO", "PROTOBUF", "JSON")
# Confluent's error code of an id that is in no registry's books; any other 404 comes from a wrong address.
_NO_SUCH_SCHEMA = 40403
# An id that is unknown is asked for again after so long: a registry may have been restored meanwhile.
_UNKNOWN_SECONDS = 60.0
# So many unknown ids are remembered: more than a batch has messages.
_UNKNOWN_IDS = 1 << 18
# So long messages may keep asking for ids that turn out to be unknown; then their topic waits, and others go on.
_STRANGERS_SECONDS = 2.0


@dataclass(frozen=True)
class Schema:
    """A schema as registered: ``references`` are the (name, text) of all that it needs, each behind what it needs."""

    id: int
    kind: Kind
    text: str
    references: tuple[tuple[str, str], ...] = ()


class UnknownSchema(Exception):
    """The registry has no schema of that id."""

    def __init__(self, schema_id: int) -> None:
        super().__init__(f"schema id {schema_id} is in no subject of the registry")


class SchemaRegistry:
    """Looks schemas up; used by several threads at once. A schema that is known stays known without the registry.

    ``count_error`` is told the cause each time the registry fails: ``unreachable``, ``timeout``, ``no_json``,
    ``no_schema``, or the HTTP status.
    """

    def __init__(self, settings: RegistrySettings, count_error: Callable[[str], None] = lambda _cause: None) -> None:
        self._urls = settings.urls
        self._count_error = count_error
        self._schemas = OnceEach[Schema]()
        self._subjects = OnceEach[str]()
        # When each was last found to be unknown, the latest last.
        self._unknown: dict[int, float] = {}
        self._lock = threading.Lock()
        headers = {"accept": "application/vnd.schemaregistry.v1+json, application/json"}
        if settings.user is not None:
            headers |= urllib3.make_headers(basic_auth=f"{settings.user}:{settings.password or ''}")
        elif settings.token is not None:
            headers |= {"authorization": f"Bearer {settings.token}"}
        self._pool = urllib3.PoolManager(
            headers=headers,
            timeout=urllib3.Timeout(connect=settings.timeout_seconds, read=settings.timeout_seconds),
            # The topic's own waiting tries again; a redirect would carry the password elsewhere.
            retries=False,
            ca_certs=settings.ca_file,
            cert_file=settings.certificate_file,
            key_file=settings.key_file,
            key_password=settings.key_password,
        )

    def schemas(self, schema_ids: Iterable[int], topic: str) -> dict[int, Schema | None]:
        """The schemas that messages of ``topic`` name; None where the registry has none of that id.

        Raises:
            SchemaUnavailable: the registry does not answer, or not as one does; or so many ids are unknown that asking
                takes long. Those that were asked for are not asked for again when these messages come again.
        """
        found: dict[int, Schema | None] = {}
        spent = 0.0
        for schema_id in schema_ids:
            if self._lately_unknown(schema_id):
                found[schema_id] = None
                continue
            if spent > _STRANGERS_SECONDS:
                self._remember(each for each, schema in found.items() if schema is None)
                raise SchemaUnavailable(
                    topic,
                    f"topic {topic}: its messages name {len(found)} schema ids and more, most of them in no subject of "
                    "the registry, which are asked for bit by bit. The topic waits and is tried again; look for a "
                    "producer that writes something else.",
                )
            began = time.monotonic()
            try:
                found[schema_id] = self.schema(schema_id, topic)
            except UnknownSchema:
                found[schema_id] = None
                spent += time.monotonic() - began
        return found

    def schema(self, schema_id: int, topic: str) -> Schema:
        """The schema that messages of ``topic`` name.

        Raises:
            UnknownSchema: the registry does not have it.
            SchemaUnavailable: the registry does not answer, or not as one does.
        """
        return self._schemas.get(schema_id, lambda: self._asked(schema_id, topic))

    def subjects(self, schema_id: int) -> str:
        """Under which subjects and versions the schema stands, as words for a message; empty if that cannot be told.

        Asked for once, whatever came of it: a message may be as good without.
        """
        return self._subjects.get(schema_id, lambda: self._standing(schema_id))

    def _asked(self, schema_id: int, topic: str) -> Schema:
        if self._lately_unknown(schema_id):
            raise UnknownSchema(schema_id)
        try:
            answer = self._get(f"/schemas/ids/{schema_id}", topic, schema_id)
        except UnknownSchema:
            self._remember([schema_id])
            raise
        try:
            return self._read(answer, topic, schema_id)
        except (AttributeError, KeyError, TypeError) as error:
            self._count_error("no_schema")
            raise SchemaUnavailable(
                topic,
                f"schema id {schema_id} of topic {topic}: what {', '.join(self._urls)} answers is no schema of a "
                "registry. The topic waits and is tried again; correct registry.url.",
            ) from error

    def _lately_unknown(self, schema_id: int) -> bool:
        return time.monotonic() - self._unknown.get(schema_id, -_UNKNOWN_SECONDS) < _UNKNOWN_SECONDS

    def _remember(self, unknown: Iterable[int]) -> None:
        with self._lock:
            for schema_id in unknown:
                self._unknown.pop(schema_id, None)
                self._unknown[schema_id] = time.monotonic()
                if len(self._unknown) > _UNKNOWN_IDS:
                    del self._unknown[next(iter(self._unknown))]

    def _standing(self, schema_id: int) -> str:
        try:
            found = self._get(f"/schemas/ids/{schema_id}/versions", "", schema_id)
            return ", ".join(f"{each['subject']} version {each['version']}" for each in found)
        except (SchemaUnavailable, UnknownSchema, KeyError, TypeError):
            return ""

    def _read(self, answer: Any, topic: str, schema_id: int) -> Schema:
        named = answer.get("schemaType") or "AVRO"
        kind = next((each for each in _KINDS if each == named), None)
        if kind is None:
            raise SchemaUnavailable(topic, f"the registry says that schema id {schema_id} is of the type {named!r}")
        references: dict[str, str] = {}
        self._resolve(answer, topic, schema_id, references, set())
        return Schema(schema_id, kind, answer["schema"], tuple(references.items()))

    def _resolve(
        self, answer: Any, topic: str, schema_id: int, found: dict[str, str], asked: set[tuple[str, int]]
    ) -> None:
        for reference in answer.get("references") or ():
            place = reference["subject"], reference["version"]
            if place in asked:
                continue
            asked.add(place)
            path = f"/subjects/{quote(place[0], safe='')}/versions/{place[1]}"
            referenced = self._get(path, topic, schema_id)
            self._resolve(referenced, topic, schema_id, found, asked)
            found[reference["name"]] = referenced["schema"]

    def _get(self, path: str, topic: str, schema_id: int) -> Any:
        """What the first registry that answers says; the others are asked only if it fails."""
        causes = []
        for url in self._urls:
            try:
                answer = self._pool.request("GET", url + path)
                body = json.loads(answer.data) if answer.status in (200, 404) else None
            except (urllib3.exceptions.HTTPError, ValueError, OSError) as error:
                self._count_error(_cause(error))
                causes.append(f"{url}: {_first_line(error)}")
                continue
            if answer.status == 200:
                return body
            if answer.status == 404 and isinstance(body, dict) and body.get("error_code") == _NO_SUCH_SCHEMA:
                raise UnknownSchema(schema_id)
            self._count_error(str(answer.status))
            causes.append(f"{url}: HTTP {answer.status} {answer.reason or ''}".rstrip())
        raise SchemaUnavailable(
            topic,
            f"schema id {schema_id} of topic {topic} is not known yet, and the registry does not give it "
            f"({'; '.join(causes)}). The topic waits and is tried again; start the registry, or correct registry.url "
            "and what it is logged in with.",
        )


def _cause(error: Exception) -> str:
    if isinstance(error, ValueError):
        return "no_json"
    # A connection that is refused is a kind of timeout to urllib3.
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    return "timeout" if isinstance(error, urllib3.exceptions.TimeoutError) and not refused else "unreachable"


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
