"""The certificate the TLS door shows: the bureau's own, or one made here on the first start."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from qingdun.lib.command import Unusable

_YEARS = 10


def context(certificate: Path | None, key: Path | None, made: Path) -> ssl.SSLContext:
    """A server's TLS 1.2+ context from the given files; without them, from ones kept in the folder `made`."""
    if bool(certificate) != bool(key):
        raise Unusable("TLS 证书与私钥要一起给出：--cert 文件 --key 文件")
    if certificate is None or key is None:
        certificate, key = _made(made)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        tls.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise Unusable(f"TLS 证书或私钥不能用（{certificate}、{key}）：{error.strerror or error}") from None
    return tls


def _made(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "syslog.crt", folder / "syslog.key"
    if not (certificate.exists() and key.exists()):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        private = ec.generate_private_key(ec.SECP256R1())
        key.touch(mode=0o600)
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        key.write_bytes(private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        certificate.write_bytes(_self_signed(private).public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _self_signed(private: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    host = socket.gethostname()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"qingdun {host}"[:64])])
    now = datetime.now(UTC)
    alternatives = [x509.DNSName(host), x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
