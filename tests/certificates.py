"""Certificates made for a test: an authority, and what it signs."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from local.ports import LOOPBACK

PASSWORD = "key-secret"  # noqa: S105
DAY = timedelta(days=1)


class Authority:
    """Signs certificates; everything is written into ``folder`` as PEM."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = _builder(self._name, self._name, self._key).add_extension(x509.BasicConstraints(True, None), True)
        self.certificate = folder / f"{name}.pem"
        self.certificate.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))

    def server(self, file: str, host: str = LOOPBACK, *, expired: bool = False) -> Path:
        """A key with its certificate for ``host``, in one file as Kafka's PEM stores take it."""
        alternative = x509.SubjectAlternativeName([_host(host)])
        return self._sign(file, "broker", alternative, expired=expired)[2]

    def client(self, name: str) -> tuple[Path, Path]:
        """Certificate and key, encrypted with ``PASSWORD``, of the client of that name."""
        certificate, key, _ = self._sign(name, name, None, expired=False)
        return certificate, key

    def _sign(
        self, file: str, name: str, alternative: x509.SubjectAlternativeName | None, *, expired: bool
    ) -> tuple[Path, Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = _builder(subject, self._name, key, ended=expired)
        if alternative:
            builder = builder.add_extension(alternative, False)
        certificate = _pem(builder.sign(self._key, hashes.SHA256()))
        paths = tuple(self._folder / f"{file}.{kind}" for kind in ("crt", "key", "both"))
        paths[0].write_bytes(certificate)
        paths[1].write_bytes(_private(key, serialization.BestAvailableEncryption(PASSWORD.encode())))
        paths[2].write_bytes(_private(key, serialization.NoEncryption()) + certificate)
        return paths[0], paths[1], paths[2]


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, ended: bool = False
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * DAY)
        .not_valid_after(now - DAY if ended else now + DAY)
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey, encryption: serialization.KeySerializationEncryption) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
