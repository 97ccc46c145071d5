"""How rights, payments, runs and payment files are named, so that doing a thing again names the same thing."""

import re
from collections.abc import Iterable
from hashlib import sha256

from services.contracts.intake import Scheme

_PAYMENT = re.compile(r"(r[0-9a-f]{26})-([1-9][0-9]{0,2})")


def right_ref(scheme: Scheme, household_ref: str, scheme_year: int, tranche: int, sequence: int) -> str:
    """Name of a right: never of a run, so that two runs over the same period meet in one stream (design.md D10)."""
    return _right(f"{scheme}|{household_ref}|{scheme_year}|{tranche}|{sequence}")


def opening_right_ref(scheme: Scheme, household_ref: str, scheme_year: int, source_ref: str) -> str:
    """Name of what the system before this one paid, by its record `source_ref` there."""
    return _right(f"{scheme}|{household_ref}|{scheme_year}|opening|{source_ref}")


def monthly_right_ref(whose: tuple[str, str], month: str, kind: str, sequence: int, payee: str = "") -> str:
    """Name of a right of the monthly benefit of a client in a municipality, as both of a move may pay of one month.

    `payee` tells charges and attachments of one month apart.
    """
    client, municipality = whose
    return _right(f"monthly-benefit|{client}|{municipality}|{month}|{kind}|{payee}|{sequence}")


def _right(seed: str) -> str:
    return "r" + sha256(seed.encode()).hexdigest()[:26]


def right_stream(right: str) -> str:
    """Stream of a right."""
    return f"benefits/right/{right}"


def end_to_end_id(right: str, attempt: int) -> str:
    """Name of a payment at the bank, at most 35 characters of the SEPA set; the right can be read from it."""
    return f"{right}-{attempt}"


def payment_of(end_to_end: str) -> tuple[str, int] | None:
    """Right and attempt of a name that we gave; None for anybody else's."""
    found = _PAYMENT.fullmatch(end_to_end)
    return (found.group(1), int(found.group(2))) if found else None


def run_ref(parts: Iterable[object]) -> str:
    """Name of a run, from everything that was asked for, so that asking again is the same run."""
    return "run-" + sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


def run_stream(run: str) -> str:
    """Stream of a run."""
    return f"benefits/run/{run}"


def message_id(run: str, part: int) -> str:
    """Name of a payment file at the bank, at most 28 characters and unique for ever; `part` counts from 1."""
    return f"{run}-{part:03d}"


def run_of(message: str) -> str:
    """The run whose payment file has this name."""
    return message.rpartition("-")[0]
