from dataclasses import replace

from services.benefits.ledger import LEDGER, ClaimOpeningBalance, RecordOpeningBalance, ReserveAgain
from services.contracts.benefits import LedgerReserved
from services.contracts.payouts import ClaimReleased, LedgerReleased
from services.eventlog.decider import Refused
from tests.benefits.facts import CLIENT, HOUSEHOLD, NEIGHBOUR, PARTNER, RIGHT, RUN, claimed, opening, reserved
from tests.benefits.sentences import Given

RECORD = RecordOpeningBalance(HOUSEHOLD, "GM0361", "energy-allowance", 2023, RIGHT, 50_000, "old-1", (CLIENT,))
CLAIM = ClaimOpeningBalance(HOUSEHOLD, "GM0361", "energy-allowance", 2023, RIGHT, (CLIENT, PARTNER))


def test_what_was_paid_before_takes_the_ledger_and_claims_who_shared() -> None:
    assert Given(LEDGER, []).when(RECORD) == [opening(50_000), claimed(CLIENT)]


def test_the_same_record_of_the_old_system_counts_once() -> None:
    assert Given(LEDGER, [opening(50_000), claimed(CLIENT)]).when(RECORD) == []


def test_the_same_record_with_another_amount_is_refused() -> None:
    then = Given(LEDGER, [opening(50_000)]).when(replace(RECORD, amount_cents=130_000))

    assert then == Refused("opening-balance-differs")


def test_two_records_of_the_old_system_add_up() -> None:
    then = Given(LEDGER, [opening(50_000), claimed(CLIENT)]).when(replace(RECORD, source_ref="old-2", amount_cents=80_000))

    assert then == [opening(80_000, "old-2")]
    assert LEDGER.fold([opening(50_000), opening(80_000, "old-2")]).taken_cents == 130_000


def test_who_shared_through_another_household_keeps_that_claim() -> None:
    assert Given(LEDGER, [claimed(CLIENT, NEIGHBOUR)]).when(RECORD) == [opening(50_000)]


def test_adults_who_became_known_later_are_claimed_for_what_was_paid_before() -> None:
    assert Given(LEDGER, [opening(50_000), claimed(CLIENT)]).when(CLAIM) == [claimed(PARTNER)]


def test_claiming_them_again_changes_nothing() -> None:
    assert Given(LEDGER, [opening(50_000), claimed(CLIENT), claimed(PARTNER)]).when(CLAIM) == []


def test_a_ledger_sums_what_was_paid_before_and_what_was_granted() -> None:
    assert LEDGER.fold([opening(50_000), reserved(80_000)]).taken_cents == 130_000


AGAIN = ReserveAgain(HOUSEHOLD, "GM0361", "energy-allowance", 2023, RIGHT, 80_000, RUN, (CLIENT, PARTNER))


def test_what_was_lost_beside_a_grant_is_reserved_again() -> None:
    assert Given(LEDGER, []).when(AGAIN) == [reserved(80_000), claimed(CLIENT), claimed(PARTNER)]
    assert Given(LEDGER, [claimed(PARTNER)]).when(AGAIN) == [reserved(80_000), claimed(CLIENT)]


def test_what_stands_beside_its_grant_is_not_reserved_again() -> None:
    assert Given(LEDGER, [reserved(80_000), claimed(CLIENT), claimed(PARTNER)]).when(AGAIN) == []


def test_a_grant_that_is_taken_back_leaves_the_ledger_and_frees_who_shared() -> None:
    other = reserved(30_000).model_copy(update={"right_ref": "r-other"})
    gone = LedgerReleased(
        **{name: getattr(reserved(80_000), name) for name in LedgerReserved.model_fields if name in LedgerReleased.model_fields}
    )
    free = ClaimReleased(**claimed(CLIENT).model_dump(include=set(ClaimReleased.model_fields)))
    then = LEDGER.fold([opening(20_000), reserved(80_000), other, claimed(CLIENT), claimed(PARTNER), gone, free])

    assert (then.taken_cents, then.reserved, then.claims) == (50_000, {"r-other": 30_000}, {PARTNER: HOUSEHOLD})
    assert list(then.openings) == ["old-1"]


def test_a_household_is_told_from_another_by_who_shared() -> None:
    assert LEDGER.fold([claimed(CLIENT, NEIGHBOUR)]).claimed_elsewhere(HOUSEHOLD)
    assert not LEDGER.fold([claimed(CLIENT), claimed(PARTNER)]).claimed_elsewhere(HOUSEHOLD)
    assert not LEDGER.fold([]).claimed_elsewhere(HOUSEHOLD)


def test_a_command_reads_the_ledger_and_the_claim_of_every_adult() -> None:
    claims = tuple(f"benefits/claim/2023/{person}" for person in (CLIENT, PARTNER))

    assert LEDGER.reads(AGAIN) == LEDGER.reads(CLAIM) == (f"benefits/ledger/2023/{HOUSEHOLD}", *claims)
