"""What an amount rests on: named one by one, and under one name, so that it can be shown again years later."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256

import orjson

from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.periods import named
from services.benefits.monthly.standing import deciding
from services.contracts.monthly import IncomeReported
from services.contracts.monthly_money import MonthDecided

APPLICATION, DECISION, INCOME, RULE, RULES, MONTH, CLAIM = "application/", "decision/", "income/", "rule/", "rules/", "month/", "claim/"
"""How the names begin."""


def facts_hash(rested: object) -> str:
    """SHA-256 of the grounds as JSON, in hexadecimal."""
    return sha256(orjson.dumps(rested, option=orjson.OPT_SORT_KEYS)).hexdigest()


def rests_on(own: Dossier, month: date, rows: Iterable[str]) -> tuple[str, ...]:
    """The names of what a month rests on: decisions, the form with its income, and these rows of rules."""
    report = own.income.get(named(month))
    decisions = (DECISION + each.decision_ref for each in deciding(own, month))
    incomes = () if report is None else (income_name(report),)
    return tuple(dict.fromkeys((*decisions, *incomes, *(RULE + row for row in rows))))


def income_name(report: IncomeReported) -> str:
    """The form, and the day on which it came in."""
    return f"{INCOME}{report.source_ref}/{report.reported_on}"


def newly(before: MonthDecided, now: MonthDecided) -> tuple[str, ...]:
    """What a month rests on that it did not when it was decided before."""
    return new_names(before, now.rests_on, now.rule_version)


def new_names(before: MonthDecided, names: Iterable[str], rule_version: str) -> tuple[str, ...]:
    """Names among these that a decided month did not rest on; where all are old, the rules where those have another text."""
    new = tuple(name for name in names if name not in before.rests_on)
    return new or ((RULES + rule_version,) if rule_version != before.rule_version else ())
