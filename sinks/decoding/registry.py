"""A schema registry that speaks Confluent's API: schemas by the id that messages carry, each asked for once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import urllib3

from sinks.config import RegistrySettings
from sinks.errors import SchemaUnavailable

Kind = Literal["AVRO", "PROTOBUF", "JSON"]
_KINDS: tuple[Kind, ...] = ("AVRO", "PROTOBUF", "JSON")
# Confluent's error code of an id that is in no registry's books; any other 404 comes from a wrong address.
_NO_SUCH_SCHEMA = 40403
# An id that is unknown is asked for again after so long: a registry may have been restored meanwhile.
_UNKNOWN_SECONDS = 60.0
_UNKNOWN_IDS = 10_000


@dataclass(frozen=True)
class Schema:
    """A schema as registered: ``references`` are the (name, text) of all that it needs, each behind what it needs."""

    id: int
    kind: Kind
    text: str
    references: tuple[tuple[str, str], ...] = ()


class UnknownSchema(Exception):
    """The registry has no schema of that id."""


class SchemaRegistry:
    """Looks schemas up; used by several threads at once. A schema that is known stays known without the registry.

    ``count_error`` is told the cause each time the registry fails: ``unreachable``, ``timeout``, ``no_json``,
    ``no_schema``, or the HTTP status.
    """

    def __init__(self, settings: RegistrySettings, count_error: Callable[[str], None] = lambda _cause: None) -> None:
        self._urls = settings.urls
        self._count_error = count_error
        self._known: dict[int, Schema] = {}
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

    def schema(self, schema_id: int, topic: str) -> Schema:
        """The schema that messages of ``topic`` name.

        Raises:
            UnknownSchema: the registry does not have it.
            SchemaUnavailable: the registry does not answer, or not as one does.
        """
        if found := self._known.get(schema_id):
            return found
        with self._lock:
            if found := self._known.get(schema_id):
                return found
            if time.monotonic() - self._unknown.get(schema_id, -_UNKNOWN_SECONDS) < _UNKNOWN_SECONDS:
                raise UnknownSchema(f"schema id {schema_id} is in no subject of the registry")
            try:
                answer = self._get(f"/schemas/ids/{schema_id}", topic, schema_id)
            except UnknownSchema:
                if len(self._unknown) >= _UNKNOWN_IDS:
                    self._unknown.clear()
                self._unknown[schema_id] = time.monotonic()
                raise
            try:
                found = self._read(answer, topic, schema_id)
            except (AttributeError, KeyError, TypeError) as error:
                self._count_error("no_schema")
                raise SchemaUnavailable(
                    topic,
                    f"schema id {schema_id} of topic {topic}: what {', '.join(self._urls)} answers is no schema of a "
                    "registry. The topic waits and is tried again; correct registry.url.",
                ) from error
            self._known[schema_id] = found
            return found

    def subjects(self, schema_id: int) -> str:
        """Under which subjects and versions the schema stands, as words for a message; empty if that cannot be told."""
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
                raise UnknownSchema(f"schema id {schema_id} is in no subject of the registry")
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
