"""A broker with TLS, logins and access rules on, a listener for each way in."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from certificates import PASSWORD, Authority
from conditions import wait_until
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.admin._scram import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from local import kafka_config, kafka_jvm, ports, processes
from local.services import silent

T = TypeVar("T", AclBinding, AclBindingFilter)
USER, USER_PASSWORD = "vigil", "user-secret"
# By certificate the broker knows a client by its whole name.
CERTIFIED = f"CN={USER}"
LISTENERS = {
    "TLS": "SSL",
    "SCRAM": "SASL_SSL",
    "OAUTH": "SASL_SSL",
    "EXPIRED": "SSL",
    "ELSEWHERE": "SSL",
}


@dataclass(frozen=True)
class Secured:
    """A running broker: ``ports`` by listener, and what its clients need."""

    folder: Path
    ports: dict[str, int]
    authority: Authority
    stranger: Authority

    def servers(self, listener: str) -> str:
        """The address of a listener; PLAIN lets everyone in, and is for tests to set the stage."""
        return f"{ports.LOOPBACK}:{self.ports[listener]}"

    def tls(self) -> dict[str, str]:
        """Settings that trust the broker."""
        return {"security.protocol": "ssl", "ssl.ca.location": str(self.authority.certificate)}

    def certified(self) -> dict[str, str]:
        """Settings of a client with a certificate."""
        certificate, key = self.authority.client(USER)
        files = {"ssl.certificate.location": str(certificate), "ssl.key.location": str(key)}
        return {**self.tls(), **files, "ssl.key.password": PASSWORD}

    def scram(self) -> dict[str, str]:
        """Settings of a client with a password."""
        login = {"sasl.mechanism": "SCRAM-SHA-512", "sasl.username": USER, "sasl.password": USER_PASSWORD}
        return {**self.tls(), "security.protocol": "sasl_ssl", **login}

    def oauth(self) -> dict[str, str]:
        """Settings of a client with a token of its own making."""
        login = {"enable.sasl.oauthbearer.unsecure.jwt": "true", "sasl.oauthbearer.config": f"principal={USER}"}
        return {**self.tls(), "security.protocol": "sasl_ssl", "sasl.mechanism": "OAUTHBEARER", **login}

    def admin(self) -> AdminClient:
        """A client that may do everything."""
        return AdminClient({"bootstrap.servers": self.servers("PLAIN")})

    def allow(self, kind: ResourceType, name: str, *operations: AclOperation, user: str = USER) -> None:
        """Give ``user`` these rights."""
        with self.admin() as admin:
            rules = [_rule(AclBinding, kind, name, each, user) for each in operations]
            for future in admin.create_acls(rules).values():
                future.result(30)

    def withdraw(self, kind: ResourceType, name: str, *operations: AclOperation, user: str = USER) -> None:
        """Take these rights away."""
        with self.admin() as admin:
            rules = [_rule(AclBindingFilter, kind, name, each, user) for each in operations]
            for future in admin.delete_acls(rules).values():
                assert future.result(30)


def _rule(form: type[T], kind: ResourceType, name: str, operation: AclOperation, user: str) -> T:
    return form(kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.ALLOW)


@contextmanager
def running(folder: Path) -> Iterator[Secured]:
    """A broker for the length of the block."""
    names = ["PLAIN", *LISTENERS]
    plain, controller, *others = ports.free(len(names) + 1)
    broker = Secured(
        folder,
        dict(zip(names, [plain, *others], strict=True)),
        Authority(folder, "authority"),
        Authority(folder, "stranger"),
    )
    properties = folder / "server.properties"
    kafka_config.write(properties, data="data", port=plain, controller_port=controller)
    with properties.open("a") as file:
        file.writelines(f"{name}={value}\n" for name, value in _settings(broker, controller).items())
    tool = kafka_jvm.storage_tool(properties, folder, uuid.uuid4().hex[:22], silent)
    done = subprocess.run(tool, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    console = folder / "console.log"
    process = processes.start(kafka_jvm.broker(properties, folder, folder / "unused.aot", silent), console, folder)
    try:
        with AdminClient({"bootstrap.servers": broker.servers("PLAIN"), "log_level": 0}) as admin:

            def answers() -> bool:
                assert processes.is_alive(process), processes.tail(folder / "server.log", console)
                try:
                    return bool(admin.list_topics(timeout=1).brokers)
                except Exception:
                    return False

            wait_until(answers, "the broker answers", 120)
            for future in admin.alter_user_scram_credentials([_credential(USER, USER_PASSWORD)]).values():
                future.result(30)
        yield broker
    finally:
        processes.kill(process)


def _credential(user: str, password: str) -> UserScramCredentialUpsertion:
    return UserScramCredentialUpsertion(
        user, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), password.encode()
    )


def _settings(broker: Secured, controller: int) -> dict[str, str]:
    """What is added to the settings of a broker that lets everyone in."""
    at = {name: f"{name}://{ports.LOOPBACK}:{port}" for name, port in broker.ports.items()}
    protocols = {"PLAIN": "PLAINTEXT", **LISTENERS, "CONTROLLER": "PLAINTEXT"}
    stores = {
        "EXPIRED": broker.authority.server("expired", expired=True),
        "ELSEWHERE": broker.authority.server("elsewhere", "kafka.elsewhere.example"),
    }
    own = broker.authority.server("broker")
    settings = {
        "listeners": ",".join([*at.values(), f"CONTROLLER://{ports.LOOPBACK}:{controller}"]),
        "advertised.listeners": ",".join(at.values()),
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
        "inter.broker.listener.name": "PLAIN",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "listener.name.tls.ssl.client.auth": "required",
        "listener.name.scram.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.scram.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "listener.name.oauth.sasl.enabled.mechanisms": "OAUTHBEARER",
        "listener.name.oauth.oauthbearer.sasl.jaas.config": (
            "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
            'unsecuredLoginStringClaim_sub="broker";'
        ),
    }
    for name in LISTENERS:
        prefix = f"listener.name.{name.lower()}.ssl"
        settings |= {
            f"{prefix}.keystore.type": "PEM",
            f"{prefix}.keystore.location": str(stores.get(name, own)),
            f"{prefix}.truststore.type": "PEM",
            f"{prefix}.truststore.location": str(broker.authority.certificate),
        }
    return settings
