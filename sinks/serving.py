"""Metrics and health over HTTP: ``/metrics`` for Prometheus, ``/healthz`` and ``/readyz`` for probes."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from sinks.errors import SinkMisconfigured
from sinks.health import Health

PLAIN = "text/plain; charset=utf-8"
REQUEST_SECONDS = 10.0


class MetricsServer:
    """Answers at one address until left; every other path is not found, and nothing can be changed through it."""

    def __init__(self, address: str, port: int, registry: CollectorRegistry, health: Health) -> None:
        try:
            self._server = _Server(address, port, registry, health)
        except OSError as error:
            raise SinkMisconfigured(
                f"metrics cannot be served at {address} port {port}: {error.strerror}. Give metrics_port another port "
                "(0 for a free one), and metrics_address an address of this machine."
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="metrics", daemon=True)

    @property
    def url(self) -> str:
        """Where it answers, without a path."""
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def __enter__(self) -> MetricsServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: str, port: int, registry: CollectorRegistry, health: Health) -> None:
        self.registry, self.health = registry, health
        self.address_family = AF_INET6 if ":" in address else AF_INET
        super().__init__((address, port), _Answers)

    def server_bind(self) -> None:
        # Without looking the machine's name up, which may take long.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Someone who hangs up early is no matter for the sink's log."""


class _Answers(BaseHTTPRequestHandler):
    server: _Server
    timeout = REQUEST_SECONDS

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/metrics":
                encode, kind = choose_encoder(self.headers.get("Accept") or "")
                self._answer(HTTPStatus.OK, encode(self.server.registry), kind)
            case "/healthz":
                self._tell(self.server.health.hung(time.monotonic()))
            case "/readyz":
                self._tell(self.server.health.unready(time.monotonic()), self.server.health.notes())
            case _:
                self._answer(HTTPStatus.NOT_FOUND, b"see /metrics, /healthz and /readyz\n", PLAIN)

    def _tell(self, fault: str | None, notes: Sequence[str] = ()) -> None:
        status = HTTPStatus.SERVICE_UNAVAILABLE if fault else HTTPStatus.OK
        lines = (fault or "ok", *notes)
        self._answer(status, "".join(f"{line}\n" for line in lines).encode(), PLAIN)

    def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Probes and scrapes come every few seconds; nobody reads a line about each."""
