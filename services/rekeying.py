"""Changes the secret under which persons are found by citizen service number: offline, and whole or not at all."""

from services.contracts.codec import published
from services.eventlog.log import LogUnavailable
from services.eventlog.sqlite import SqliteLog
from services.intake.rekeying import NotRekeyed, Rekeying, persons
from services.recovery.alone import LOG, Alone, require_log
from services.settings import Settings
from services.vault.keyed_hash import KeyedHash, secret_at
from services.vault.replacing import next_secret, take_place
from services.vault.sqlite_keys import SqliteKeys
from services.vault.vault import Vault


def rekey_bsn(settings: Settings) -> int:
    """Replace the secret of the index; how many persons are found under the new one.

    Raises `InUse` while intake runs, `LogGone`, `NotRekeyed`. After a crash the same call goes on where it was: before the
    commit with the same new secret, after it with putting that secret in place.
    """
    folder = settings.data / "intake"
    require_log(folder)
    if not (folder / LOG).exists():
        raise NotRekeyed(f"{folder / LOG} is not there: let BACKBONE_DATA name the data folder")
    alone = Alone(folder)
    try:
        return _rekey(settings)
    finally:
        alone.close()


def _rekey(settings: Settings) -> int:
    folder = settings.data / "intake"
    secret = folder / "secrets" / "bsn"
    log, keys = SqliteLog("intake", folder / LOG, published()), SqliteKeys(folder / "keys.sqlite")
    try:
        rekeying = Rekeying(log, Vault(keys), KeyedHash(secret_at(secret)), next_secret(secret))
        count = persons(log) if rekeying.done() else rekeying.rekey()
    except LogUnavailable as full:
        raise NotRekeyed(f"nothing was changed: {full}") from full
    else:
        take_place(secret)
        return count
    finally:
        keys.close()
        log.close()
