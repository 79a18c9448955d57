"""Signs nanopublications with a key that the user has: RSA, PKCS #1 v1.5 over SHA-256 (RFC 8017, section 8.2)."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from kclod.dumps.nanopubs import Sign
from kclod.errors import Problem, UsageError


def signer_of(path: Path) -> Sign:
    """What signs with the private key in a file: PEM, or the base64 that the nanopub tools keep as `~/.nanopub/id_rsa`.

    UsageError: it cannot be read or is no RSA key, or `cryptography` is not installed.
    """
    try:
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415  # an extra
        from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415  # the same extra
    except ImportError:
        fix = "pip install 'kclod[sign]'"
        raise UsageError(
            Problem("nanopubs.no-cryptography", "the package cryptography is not installed", fix)
        ) from None
    try:
        data = path.read_bytes()
        if b"-----BEGIN" in data:
            key = serialization.load_pem_private_key(data, None)
        else:
            key = serialization.load_der_private_key(base64.b64decode(data), None)
    except (OSError, ValueError, TypeError, binascii.Error) as error:
        raise _unusable(path, str(error)) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise _unusable(path, "it is no RSA key")
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(data: bytes) -> tuple[str, str]:
        signature = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(public).decode(), base64.b64encode(signature).decode()

    return sign


def _unusable(path: Path, why: str) -> UsageError:
    fix = "name a private RSA key without a passphrase, in PEM or in base64 as nanopub keeps it"
    return UsageError(Problem("nanopubs.key", f"cannot sign with it: {why}", fix, str(path)))
