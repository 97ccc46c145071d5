"""What operations see of rights and payments is moved by each that changes, and forgets what came to nothing."""

from dataclasses import replace

from services.benefits.payout_sums import PayoutSums, Place
from services.benefits.positions import Position

GRANTED = Position(
    "r-1", "p-1", "h-1", "GM0361", "run-1", 130_000, "granted", since="2024-02-01", scheme="monthly-benefit", promised_on="2024-02-28"
)
SENT = replace(GRANTED, standing="sent", attempt=1, message_id="run-1-001", since="2024-02-20")
PAID = replace(SENT, standing="paid", booked_on="2024-02-28")
LATE = replace(PAID, booked_on="2024-02-29")
AGAIN = replace(SENT, attempt=2, message_id="run-2-001")


def lived(*positions: Position) -> PayoutSums:
    """One right from position to position."""
    sums, old = PayoutSums(), None
    for new in positions:
        sums.right(old, new)
        old = new
    return sums


def place(standing: str, file: str = "") -> Place:
    return Place("monthly-benefit", "GM0361", "2024-02-28", standing, file)  # type: ignore[arg-type]  # a literal


def test_a_right_stands_in_one_place_at_a_time() -> None:
    assert lived(GRANTED).places == {place("granted"): 1}
    assert lived(GRANTED, SENT).places == {place("sent", "run-1-001"): 1}
    assert lived(GRANTED, SENT, PAID).places == {place("paid"): 1}
    assert lived(GRANTED, SENT, LATE).places == {place("paid-late"): 1}


def test_rights_and_cents_are_counted_where_they_stand() -> None:
    sums = lived(GRANTED, SENT)
    sums.right(None, replace(GRANTED, right_ref="r-2", amount_cents=7))
    sums.right(None, replace(SENT, right_ref="r-3", amount_cents=5))

    assert {name: count for name, count in sums.rights.items() if count} == {"granted": 1, "sent": 2}
    assert {name: cents for name, cents in sums.cents.items() if cents} == {"granted": 7, "sent": 130_005}


def test_a_right_is_known_since_when_it_waits_and_no_longer() -> None:
    assert lived(GRANTED).since == {"granted": {"r-1": "2024-02-01"}, "sent": {}}
    assert lived(GRANTED, SENT).since == {"granted": {}, "sent": {"r-1": "2024-02-20"}}
    assert lived(GRANTED, SENT, PAID).since == {"granted": {}, "sent": {}}


def test_a_run_holds_what_it_granted_until_a_payment_of_it_is_told() -> None:
    sums = PayoutSums()
    for position in (GRANTED, replace(GRANTED, right_ref="r-2", amount_cents=5), replace(GRANTED, right_ref="r-3", standing="refused")):
        sums.right(None, position)
    assert sums.of_run == {"run-1": 130_005}

    sums.right(GRANTED, SENT)
    sums.payment(None, SENT)
    assert sums.of_run == {"run-1": 130_005}


def test_what_is_paid_again_is_in_the_run_that_pays_it() -> None:
    sums = lived(GRANTED, SENT)
    sums.payment(None, SENT)
    sums.payment(SENT, replace(SENT, standing="rejected"))
    sums.payment(None, AGAIN)
    sums.payment(AGAIN, replace(AGAIN, standing="paid"))

    assert sums.of_run == {"run-1": 130_000, "run-2": 130_000}
    assert sums.twice == set()


def test_a_right_with_two_payments_under_way_is_named_until_one_ends() -> None:
    sums = PayoutSums()
    sums.payment(None, SENT)
    sums.payment(None, AGAIN)
    assert sums.twice == {"r-1"}

    sums.payment(AGAIN, replace(AGAIN, standing="rejected"))
    assert sums.twice == set()
