"""Adds to a household what the other files say of it: accounts, applications, earlier payments, later changes."""

from datetime import date, timedelta
from random import Random

from deploy.region.cases import BOTH_ADULTS_APPLY, MOVES, SPLITS, Case, Standing
from deploy.region.chance import Lottery
from deploy.region.lines import (
    AccountLine,
    ApplicationLine,
    ChangeLine,
    Channel,
    Dossier,
    HouseholdLine,
    HouseholdType,
    MemberLine,
    MoveLine,
    OpeningBalanceLine,
    SplitLine,
    Tranche,
)
from deploy.region.municipalities import MUNICIPALITIES
from deploy.region.plan import Slot
from deploy.region.registrar import Registrar

OPENING_CENTS: dict[Tranche, int] = {"early": 50_000, "full-year": 130_000}
"""The 500 euro of 2023 that could be paid early, and the whole 1,300 at once (domain.md 3.2)."""

_CHANNELS: Lottery[Channel] = Lottery({"web-form": 55, "post": 18, "desk": 14, "telephone": 8, "partner": 5})
_NOTES = (
    "Belt overdag liever niet.",
    "Bijlage volgt later per post.",
    "Heeft hulp gehad van het sociaal wijkteam.",
    "Rekening onlangs gewijzigd, graag controleren.",
    "Woont sinds kort zelfstandig; energiecontract op eigen naam.",
)


def dossier(line: HouseholdLine, slot: Slot, reference: date, registrar: Registrar, chance: Random) -> Dossier:
    """Return the household with its lines for the other files."""
    case, first = slot.draft.case, line["members"][0]
    holders = [] if slot.draft.standing is Standing.SILENT else [first]
    if case in SPLITS:
        holders.append(line["members"][1])
    return Dossier(
        household=line,
        accounts=[_account(holder, case, registrar) for holder in holders],
        applications=[_application(member, reference, registrar, chance) for member in _applying(line, slot)],
        opening_balances=[_paid(first, slot.already_paid, reference, registrar)] if slot.already_paid else [],
        changes=_changes(line, case, reference, registrar, chance),
    )


def _applying(line: HouseholdLine, slot: Slot) -> list[MemberLine]:
    first, case = line["members"][0], slot.draft.case
    if case in BOTH_ADULTS_APPLY:
        return line["members"][:2]
    if case is Case.SPLIT_LEAVER_APPLIES:
        return [line["members"][1]]
    applies = slot.draft.standing is Standing.APPLICANT or case is Case.MOVED_AND_APPLIES
    return [first] if applies else []


def _account(holder: MemberLine, case: Case | None, registrar: Registrar) -> AccountLine:
    return {
        "id": registrar.line_id("acc"),
        "bsn": holder["bsn"],
        "iban": registrar.iban(case),
        "holder_name": holder["name"],
    }


def _application(member: MemberLine, reference: date, registrar: Registrar, chance: Random) -> ApplicationLine:
    # The window opens a month after the reference date; most applications come in its first days.
    received = reference + timedelta(days=31 + min(chance.randrange(30), chance.randrange(30)))
    line: ApplicationLine = {
        "id": registrar.line_id("app"),
        "bsn": member["bsn"],
        "scheme": "energy-allowance",
        "scheme_year": _scheme_year(reference),
        "channel": _CHANNELS.draw(chance),
        "received_on": received.isoformat(),
    }
    if chance.random() < 0.1:
        line["note"] = chance.choice(_NOTES)
    return line


def _scheme_year(reference: date) -> int:
    """1 January looks back on the year before: the 2023 allowance was decided until August 2024."""
    return (reference - timedelta(days=1)).year


def _paid(member: MemberLine, tranche: Tranche, reference: date, registrar: Registrar) -> OpeningBalanceLine:
    return {
        "id": registrar.line_id("bal"),
        "bsn": member["bsn"],
        "scheme_year": _scheme_year(reference),
        "tranche": tranche,
        "amount_cents": OPENING_CENTS[tranche],
    }


def _changes(line: HouseholdLine, case: Case | None, reference: date, registrar: Registrar, chance: Random) -> list[ChangeLine]:
    if case not in SPLITS and case not in MOVES:
        return []
    on = (reference + timedelta(days=chance.randint(1, 29))).isoformat()
    if case in SPLITS:
        return [_split(line, on, registrar, chance)]
    return [_move(line, case, on, registrar, chance)]


def _split(line: HouseholdLine, on: str, registrar: Registrar, chance: Random) -> SplitLine:
    left, remaining = _halves(line)
    return {
        "id": registrar.line_id("c"),
        "kind": "split",
        "on": on,
        "bsn": [member["bsn"] for member in left],
        "municipality": line["municipality"],
        "address": registrar.addresses.issue(line["municipality"], chance),
        "household_type": _type_of(left),
        "remaining_household_type": _type_of(remaining),
    }


def _halves(line: HouseholdLine) -> tuple[list[MemberLine], list[MemberLine]]:
    """Return who leaves (the partner) and who stays (the others)."""
    first, partner, *others = line["members"]
    return [partner], [first, *others]


def _type_of(members: list[MemberLine]) -> HouseholdType:
    return "single-parent" if any(member["role"] == "child" for member in members) else "single"


def _move(line: HouseholdLine, case: Case | None, on: str, registrar: Registrar, chance: Random) -> MoveLine:
    code = line["municipality"]
    if case is not Case.MOVED_WITHIN:
        code = chance.choice([each.code for each in MUNICIPALITIES if each.code != code])
    return {
        "id": registrar.line_id("c"),
        "kind": "move",
        "on": on,
        "bsn": [member["bsn"] for member in line["members"]],
        "municipality": code,
        "address": registrar.addresses.issue(code, chance),
    }
