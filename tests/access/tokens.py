"""Keys that a gate believes, keys that it must not believe, and a clock that is moved by hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER, AUDIENCE = "https://login.example.org", "backbone"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
WEAK_RSA_KEY = rsa.generate_private_key(65537, 1024)  # noqa: S505 - weak on purpose: it must not be believed
P384_KEY = ec.generate_private_key(ec.SECP384R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
STRANGER = ec.generate_private_key(ec.SECP256R1())


def key_set() -> dict[str, Any]:
    return {
        "keys": [
            {**ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": "ec", "use": "sig"},
            {**RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": "rsa", "alg": "RS256"},
            {**RSAAlgorithm.to_jwk(WEAK_RSA_KEY.public_key(), as_dict=True), "kid": "weak", "alg": "RS256"},
            {**OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True), "kid": "ed", "alg": "EdDSA"},
            {**ECAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True), "kid": "encryption", "use": "enc"},
            {**ECAlgorithm.to_jwk(P384_KEY.public_key(), as_dict=True), "kid": "p384"},
            {**ECAlgorithm.to_jwk(P384_KEY.public_key(), as_dict=True), "kid": "p384-as-256", "alg": "ES256"},
            {"kty": "oct", "kid": "shared", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "alg": "HS256"},
        ]
    }


@dataclass
class Hour:
    """A clock that is moved by hand."""

    at: datetime = field(default_factory=lambda: datetime(2026, 1, 5, 9, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
