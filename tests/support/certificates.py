"""Certificates of a test's own: an authority, and what it signs for this machine; nothing outlives the test."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE = timedelta(days=1)
HERE = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])


@dataclass(frozen=True)
class Authority:
    """Its certificate is a PEM file that clients trust."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    file: Path


def authority(folder: Path, name: str) -> Authority:
    """A new one; `name` is its file's, too."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named(name)
    limits = x509.BasicConstraints(ca=True, path_length=0)
    certificate = _about(subject, subject, key).add_extension(limits, critical=True).sign(key, hashes.SHA256())
    file = folder / f"{name}.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(key, certificate, file)


def key_store(folder: Path, signer: Authority) -> Path:
    """A PEM file as a Java server reads it: the private key, then its certificate for 127.0.0.1, by no other name."""
    key = ec.generate_private_key(ec.SECP256R1())
    about = _about(_named("broker"), signer.certificate.subject, key).add_extension(HERE, critical=False)
    certificate = about.sign(signer.key, hashes.SHA256())
    file = folder / "broker.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _about(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - LIFE)
        .not_valid_after(now + LIFE)
    )
