"""Why brokers cannot be reached: what librdkafka says in passing, made into one error that names the setting."""

from __future__ import annotations

import logging
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError

from sinks.errors import BrokerRefuses, SinkError

_PROBE_SECONDS = 5.0
# So often in a row, with no answer between, the broker does not merely start or stop.
_OFTEN = 3
_ADDRESS = re.compile(r"(?:^|/)([^/\s]+:\d+)/")
_UNVERIFIED = "certificate verify failed"
_NO_TLS = "connecting to a PLAINTEXT broker listener"
_SUPPORTED = re.compile(r"supported mechanisms: ?([\w, -]*)")
# OpenSSL's verdicts on a certificate.
_EXPIRED, _NOT_YET_VALID, _OTHER_HOST, _OTHER_ADDRESS = 10, 9, 62, 64


class Told(logging.Handler):
    """What the clients of one ``Broker`` tell about their connections; for any thread.

    ``settings``: their librdkafka settings, ``bootstrap.servers`` among them.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__()
        self._settings = settings
        self._guard = threading.Lock()
        self._fault: str | None = None
        self._cut: dict[str, int] = {}
        self.last: str | None = None
        self.logger = logging.Logger("librdkafka")
        self.logger.addHandler(self)

    def error(self, error: KafkaError) -> None:
        """librdkafka's ``error_cb``."""
        self._take(error.str())

    def emit(self, record: logging.LogRecord) -> None:
        """A line of librdkafka's log; some faults are told there alone."""
        message = record.getMessage()
        if "FAIL" in message.split("[")[0] or "OAUTHBEARER" in message:
            self._take(message.partition("]: ")[2] or message)

    def clear(self) -> None:
        """The brokers have answered."""
        with self._guard:
            self._fault, self.last = None, None
            self._cut.clear()

    def fault(self) -> SinkError | None:
        """What does not pass by itself, if there is such a thing."""
        with self._guard:
            told, cut = self._fault, dict(self._cut)
        if told is not None:
            return BrokerRefuses(self._explained(told))
        for server, times in cut.items():
            if times >= _OFTEN and (why := self._cut_off(server)):
                return BrokerRefuses(why)
        return None

    def _take(self, message: str) -> None:
        if "brokers are down" in message:
            return
        text = re.sub(r"\s*\(after \d+ms in state (\w+).*", r" (\1)", message)
        with self._guard:
            self.last = text
            if any(each in text for each in (_UNVERIFIED, _NO_TLS, "certificate required", "bad certificate")) or (
                "SASL" in text and ("authentication error" in text or "handshake failed" in text)
            ):
                self._fault = self._fault or text
            elif "Disconnected" in text and (server := _server(text)):
                self._cut[server] = self._cut.get(server, 0) + 1

    def _explained(self, told: str) -> str:
        server = _server(told) or str(self._settings["bootstrap.servers"])
        where = f"the broker {server}"
        if _UNVERIFIED in told:
            return self._certificate(server, where)
        if _NO_TLS in told:
            return (
                f"{where} speaks no TLS there, and kafka.security.protocol is {self._protocol!r}. Name the port of its "
                "TLS listener in KAFKA_BOOTSTRAP_SERVERS, or set kafka.security.protocol to plaintext or sasl_plaintext"
            )
        if "certificate" in told:
            given = self._settings.get("ssl.certificate.location") or self._settings.get("ssl.certificate.pem")
            given = given or self._settings.get("ssl.keystore.location")
            fault = "does not take the client certificate that is set" if given else "wants a client certificate"
            return (
                f"{where} {fault}. Set kafka.ssl.certificate.location and kafka.ssl.key.location to one that an "
                "authority of the broker's has signed"
            )
        return self._login(told, where)

    def _login(self, told: str, where: str) -> str:
        mechanism = self._settings.get("sasl.mechanism", self._settings.get("sasl.mechanisms", "GSSAPI"))
        if supported := _SUPPORTED.search(told):
            if not supported[1].strip():
                return f"{where} takes no login there: set kafka.security.protocol to plaintext or ssl"
            return f"{where} takes the login {supported[1].strip()}, not {mechanism}: set kafka.sasl.mechanism"
        user = self._settings.get("sasl.username")
        if user is None:
            return f"{where} refuses the login by {mechanism}: {told}. Correct the kafka.sasl. settings"
        return (
            f"{where} refuses the login of {user!r} by {mechanism}: the password is wrong, or there is no such user "
            "(a broker does not say which). Correct kafka.sasl.username or kafka.sasl.password"
        )

    def _cut_off(self, server: str) -> str | None:
        """Why a broker ends connections without a word, as far as can be found out."""
        where = f"the broker {server}"
        if self._protocol in ("ssl", "sasl_ssl"):
            return f"{where} ends the connection before anything is asked: it wants " + (
                "a login; set kafka.security.protocol to sasl_ssl and the kafka.sasl. settings"
                if self._protocol == "ssl"
                else "no login, or another; see kafka.security.protocol and kafka.sasl.mechanism"
            )
        if _speaks_tls(server):
            return (
                f"{where} speaks TLS there, and kafka.security.protocol is {self._protocol!r}. Set it to ssl, or to "
                "sasl_ssl where there is a login, and kafka.ssl.ca.location"
            )
        if self._protocol == "plaintext":
            return (
                f"{where} ends the connection: it wants a login; set kafka.security.protocol and kafka.sasl.mechanism"
            )
        return None

    @property
    def _protocol(self) -> str:
        return str(self._settings.get("security.protocol", "plaintext")).lower()

    def _certificate(self, server: str, where: str) -> str:
        """librdkafka says only that verifying failed, so the certificate is looked at once more."""
        host = server.rpartition(":")[0].strip("[]")
        try:
            context = _trusting(self._settings)
            with socket.create_connection(_split(server), _PROBE_SECONDS) as plain:
                context.wrap_socket(plain, server_hostname=host).close()
        except ssl.SSLCertVerificationError as error:
            if error.verify_code == _EXPIRED:
                return f"{where} has a certificate that has expired. Have it renewed, or see this machine's clock"
            if error.verify_code == _NOT_YET_VALID:
                return f"{where} has a certificate that is not valid yet. See this machine's clock and the broker's"
            if error.verify_code in (_OTHER_HOST, _OTHER_ADDRESS):
                return (
                    f"{where} has a certificate for another host than {host!r}. Name the broker in "
                    "KAFKA_BOOTSTRAP_SERVERS and advertised.listeners as its certificate does, or have one made for it"
                )
            why = error.verify_message
        except (OSError, ValueError) as error:
            why = str(error)
        else:
            why = "librdkafka could not verify it"
        return (
            f"{where} has a certificate that no authority trusted here has signed ({why}). Set kafka.ssl.ca.location "
            "to the file of the authority that did"
        )


def _server(told: str) -> str | None:
    found = _ADDRESS.search(told)
    return found[1] if found else None


def _split(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    return host.strip("[]"), int(port)


def _trusting(settings: Mapping[str, Any]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    file, text = settings.get("ssl.ca.location"), settings.get("ssl.ca.pem")
    if text:
        context.load_verify_locations(cadata=str(text))
    elif file and file != "probe":
        context.load_verify_locations(str(file))
    else:
        context.load_default_certs()
    return context


def _speaks_tls(server: str) -> bool:
    # Only whether it answers in TLS is asked; nothing is sent, so whom it belongs to does not matter.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(_split(server), _PROBE_SECONDS) as plain:
            context.wrap_socket(plain).close()
    except ssl.SSLError as error:
        # An alert, such as that a client certificate is wanted, is TLS too.
        return "alert" in str(error).lower()
    except OSError:
        return False
    return True
