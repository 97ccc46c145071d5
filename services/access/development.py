"""The development issuer: a key and tokens of our own, where no identity provider is configured."""

import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import ECAlgorithm

from services.access.caller import Role
from services.access.keys import CachedKeys, file_keys

ISSUER = "urn:backbone:development-issuer"
AUDIENCE = "backbone"
KEY_FILE = "issuer-key.pem"
KEY_SET_FILE = "jwks.json"


def real_time() -> datetime:
    """UTC of this machine, never shifted: tokens live today, also while a past scheme year is rehearsed."""
    return datetime.now(UTC)  # noqa: TID251 - see the sentence above


class DevelopmentIssuer:
    """Makes its ES256 key (mode 0600) and `jwks.json` in `folder` once; several processes may start on it together."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = real_time, audience: str = AUDIENCE) -> None:
        self._folder, self._now, self._audience = folder, now, audience
        folder.mkdir(parents=True, exist_ok=True)
        key_file = folder / KEY_FILE
        if not key_file.exists():
            _place(key_file, _new_key(), once=os.link)
        self._key = _read_key(key_file)
        public = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        self._kid = sha256(orjson.dumps(public, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
        published = {**public, "kid": self._kid, "alg": "ES256", "use": "sig"}
        _place(folder / KEY_SET_FILE, orjson.dumps({"keys": [published]}), once=os.replace)

    @property
    def keys(self) -> CachedKeys:
        """What a gate needs to know its tokens."""
        return file_keys(self._folder / KEY_SET_FILE)

    def token(self, actor: str, roles: Collection[Role], municipalities: Collection[str], minutes: int = 60) -> str:
        """A bearer token for `actor`, valid from now for `minutes`."""
        issued = self._now()
        claims = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": actor,
            "iat": int(issued.timestamp()),
            "exp": int((issued + timedelta(minutes=minutes)).timestamp()),
            "roles": sorted(roles),
            "municipalities": sorted(municipalities),
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._kid})


def _new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey), f"{path.name} is not a key of the development issuer"
    return key


def _place(path: Path, content: bytes, once: Callable[[Path, Path], None]) -> None:
    """A whole file or none, also when two processes write it: `os.link` keeps the first, `os.replace` the last."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        once(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
