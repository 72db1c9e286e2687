"""Schemas are looked up once, by real requests; a registry that fails is told from a schema that does not exist."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from schemas import register

from contracts import contract_for
from local.ports import LOOPBACK, free
from sinks.config import RegistrySettings, SinkConfig
from sinks.decoding.formats import decoder_for, registry_for
from sinks.decoding.registry import SchemaRegistry, UnknownSchema
from sinks.errors import SchemaUnavailable, SinkMisconfigured

RECORD = {"type": "record", "name": "A", "namespace": "x", "fields": [{"name": "a", "type": "string"}]}
Answer = Callable[[BaseHTTPRequestHandler], tuple[int, bytes]]


class Standing(ThreadingHTTPServer):
    """An HTTP server on this machine that answers as it is told and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _request: (200, b'{"schema": "\\"string\\""}')
        self.asked: list[tuple[str, str | None]] = []
        standing = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                standing.asked.append((self.path, self.headers["authorization"]))
                status, body = standing.answer(self)
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        super().__init__((LOOPBACK, 0), Handler)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}"


@pytest.fixture
def standing() -> Iterator[Standing]:
    server = Standing()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_registered_schema_with_all_it_refers_to(registry: str) -> None:
    register(registry, "inner", RECORD)
    middle = {"type": "record", "name": "B", "fields": [{"name": "a", "type": "x.A"}]}
    register(registry, "middle", middle, references=[{"name": "x.A", "subject": "inner", "version": 1}])
    outer = {"type": "record", "name": "C", "fields": [{"name": "a", "type": "x.A"}, {"name": "b", "type": "B"}]}
    references = [
        {"name": "B", "subject": "middle", "version": 1},
        {"name": "x.A", "subject": "inner", "version": 1},
    ]
    known = register(registry, "outer", outer, references=references)
    client = SchemaRegistry(RegistrySettings(url=registry))
    found = client.schema(known, "topic")
    assert (found.kind, json.loads(found.text)) == ("AVRO", outer)
    assert [name for name, _ in found.references] == ["x.A", "B"]
    assert client.subjects(known) == "outer version 1"


def test_an_id_that_does_not_exist_is_unknown_and_asked_for_once(registry: str, standing: Standing) -> None:
    with pytest.raises(UnknownSchema, match="2147483600"):
        SchemaRegistry(RegistrySettings(url=registry)).schema(2_147_483_600, "topic")
    standing.answer = lambda _request: (404, b'{"error_code": 40403, "message": "Schema not found"}')
    client = SchemaRegistry(RegistrySettings(url=standing.url))
    for _ in range(3):
        with pytest.raises(UnknownSchema):
            client.schema(7, "topic")
    assert len(standing.asked) == 1


def test_many_unknown_ids_are_asked_for_bit_by_bit(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.decoding.registry._STRANGERS_SECONDS", 0)
    known = b'{"schema": "\\"string\\""}'
    standing.answer = lambda request: (200, known) if request.path.endswith("/1") else (404, b'{"error_code": 40403}')
    client = SchemaRegistry(RegistrySettings(url=standing.url))
    for _ in range(4):
        with pytest.raises(SchemaUnavailable, match=r"topic bank\.parties: its messages name \d schema ids") as waits:
            client.schemas(range(1, 7), "bank.parties")
        assert waits.value.topic == "bank.parties"
    found = client.schemas(range(1, 7), "bank.parties")
    assert [schema is not None for schema in found.values()] == [True] + [False] * 5
    assert len(standing.asked) == 6


def test_a_question_that_takes_long_holds_no_other_up(standing: Standing) -> None:
    asked, release = threading.Event(), threading.Event()

    def slow(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        if request.path.endswith("/7"):
            asked.set()
            release.wait(60)
        return 200, b'{"schema": "\\"string\\""}'

    standing.answer = slow
    client = SchemaRegistry(RegistrySettings(url=standing.url, timeout_seconds=60))
    several = [threading.Thread(target=client.schema, args=(7, "topic")) for _ in range(3)]
    for thread in several:
        thread.start()
    assert asked.wait(60)
    assert client.schema(8, "topic").id == 8
    release.set()
    for thread in several:
        thread.join()
    assert sorted(path for path, _ in standing.asked) == ["/schemas/ids/7", "/schemas/ids/8"]


def test_where_a_schema_stands_is_asked_for_once(standing: Standing) -> None:
    standing.answer = lambda _request: (503, b"")
    client = SchemaRegistry(RegistrySettings(url=standing.url))
    assert [client.subjects(7) for _ in range(3)] == [""] * 3
    assert len(standing.asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (500, b"{}", "500"),
        (401, b"", "401"),
        (404, b"<html>", "no_json"),
        (404, b"{}", "404"),
        (200, b"x", "no_json"),
        (200, b"[]", "no_schema"),
        (200, b"{}", "no_schema"),
    ],
)
def test_anything_else_waits_and_is_counted(standing: Standing, status: int, body: bytes, cause: str) -> None:
    standing.answer = lambda _request: (status, body)
    causes: list[str] = []
    client = SchemaRegistry(RegistrySettings(url=standing.url), causes.append)
    with pytest.raises(SchemaUnavailable, match=r"schema id 7 of topic bank\.parties") as waits:
        client.schema(7, "bank.parties")
    assert waits.value.topic == "bank.parties"
    assert causes == [cause]
    standing.answer = lambda _request: (200, b'{"schema": "\\"string\\""}')
    assert client.schema(7, "bank.parties").text == '"string"'


def test_silence_waits_no_longer_than_is_set(standing: Standing) -> None:
    release = threading.Event()

    def silent(_request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        release.wait(60)
        return 200, b"{}"

    standing.answer = silent
    causes: list[str] = []
    client = SchemaRegistry(RegistrySettings(url=standing.url, timeout_seconds=0.2), causes.append)
    with pytest.raises(SchemaUnavailable):
        client.schema(7, "topic")
    release.set()
    assert causes == ["timeout"]


def test_a_known_schema_needs_no_registry(standing: Standing) -> None:
    client = SchemaRegistry(RegistrySettings(url=standing.url))
    first = client.schema(7, "topic")
    standing.answer = lambda _request: (500, b"")
    assert client.schema(7, "topic") is first
    with pytest.raises(SchemaUnavailable):
        client.schema(8, "topic")


def test_the_next_of_several_answers_for_one_that_is_away(standing: Standing) -> None:
    causes: list[str] = []
    away = f"http://{LOOPBACK}:{free(1)[0]}"
    client = SchemaRegistry(RegistrySettings(url=f"{away}, {standing.url}/"), causes.append)
    assert client.schema(7, "topic").text == '"string"'
    assert causes == ["unreachable"]


def test_logging_in(standing: Standing) -> None:
    SchemaRegistry(RegistrySettings(url=standing.url, user="u", password="p:w")).schema(1, "topic")  # noqa: S106
    SchemaRegistry(RegistrySettings(url=standing.url, token="abc")).schema(1, "topic")  # noqa: S106
    assert [login for _, login in standing.asked] == ["Basic dTpwOnc=", "Bearer abc"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"format": "json_schema"}, "json_schema needs registry.url"),
        ({"format.bank.parties": "xml"}, "bank.parties"),
        ({"format.bank.partys": "json"}, "format.bank.partys is set, but .* has it a contract; is bank.parties meant"),
        ({"envelope.any": "debezium", "topics": r"bank\..*"}, "envelope.any is set, but any is neither among"),
        ({"format": "avro", "envelope": "debezium", "topics": r"x\..*", "registry.url": "http://r"}, "is read in the"),
        ({"registry.url": "localhost:8081"}, "must begin with http"),
        ({"registry.url": "http://u:p@localhost"}, "must hold no password"),
        ({"registry.url": "http://localhost", "registry.user": "u", "registry.token": "t"}, "two ways"),
        ({"registry.url": "http://localhost", "registry.ca_file": "/no/such"}, "ca_file names '/no/such'"),
        ({"registry.url": "http://localhost", "registry.colour": "red"}, "colour"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, str], told: str) -> None:
    with pytest.raises(SinkMisconfigured, match=told):
        SinkConfig.parse(settings)


def test_formats_may_be_set_for_topics_of_other_sinks() -> None:
    one = SinkConfig.parse({"topics": "bank.parties", "format.bank.accounts": "json"})
    assert one.formats == {"bank.accounts": "json"}
    assert SinkConfig.parse({"topics": r"own\..*", "format.own.topic": "json"}).formats == {"own.topic": "json"}


def test_an_envelope_in_a_format_that_has_none_is_refused_for_any_topic() -> None:
    settings = {"topics": "bank.parties", "format.bank.parties": "json", "format": "avro", "envelope": "debezium"}
    config = SinkConfig.parse(settings | {"registry.url": "http://localhost"})
    with pytest.raises(SinkMisconfigured, match=r"bank\.accounts has the format avro and the envelope debezium"):
        decoder_for(contract_for("bank.accounts"), config, registry_for(config))


def test_secrets_are_not_in_the_settings_words() -> None:
    config = SinkConfig.parse(
        {"registry.url": "http://localhost", "registry.user": "u", "registry.password": "hunter2"}
    )
    assert "hunter2" not in repr(config)
