from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from services.contracts.envelope import Event
from services.contracts.handover import BatonDueNeared, BatonDuePassed, BatonOffered, EscalationRaised, HandoverCompleted
from services.contracts.teams import Domain
from services.eventlog.decider import Refused
from services.handover.commands import AcceptBaton, OfferBaton
from tests.handover.offers import (
    ACCEPT,
    COMPLETE,
    DECLINE,
    DUE,
    OFFER,
    OTHER,
    OVER,
    RULES,
    WITHDRAW,
    accepted_by,
    acting,
    declined,
    described,
    fell_back,
    held,
    late,
    offered,
    passing,
    told,
    withdrawn,
)
from tests.handover.teams import ALKMAAR, BERGEN, TEAM, formed, given, joined, left, opened, reason


def test_a_baton_is_offered_with_due_times_of_the_policy() -> None:
    assert held().when(OFFER) == [offered()]


def test_nobody_is_offered_whom_nobody_holds() -> None:
    assert reason(given(formed(), joined("s-1")).when(OFFER)) == "baton-not-open"


def test_a_second_offer_waits_for_the_answer_to_the_first() -> None:
    assert reason(held(offered()).when(OFFER)) == "offer-open"


@pytest.mark.parametrize("ended", [declined(), withdrawn(), fell_back()])
def test_after_an_answer_the_holder_may_offer_again(ended: object) -> None:
    assert held(offered(), ended).when(OFFER) == [offered(2)]  # type: ignore[arg-type]  # one of three facts


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"acting": acting("s-3")}, "not-in-team"),
        ({"team_ref": OTHER, "acting": acting("s-3")}, "not-the-holder"),
        ({"to_team_ref": TEAM}, "already-the-holder"),
        ({"to_team_ref": "team-9"}, "team-unknown"),
        ({"purpose": "curiosity"}, "purpose-unknown"),
        ({"shares": ("reference", "income")}, "more-than-needed"),
        ({"legal_basis": "wams"}, "legal-basis-unknown"),
    ],
)
def test_what_cannot_be_offered(changed: dict[str, object], code: str) -> None:
    assert reason(held().when(replace(OFFER, **changed))) == code  # type: ignore[arg-type]  # fields of the command


def test_a_team_of_another_municipality_is_not_offered_a_client() -> None:
    past = given(formed(), joined("s-1"), opened("p-1", "s-1"), formed(OTHER, BERGEN), joined("s-3", OTHER))
    assert reason(past.when(OFFER)) == "other-municipality"


def test_a_team_without_staff_is_not_offered_a_client() -> None:
    assert reason(given(formed(), joined("s-1"), opened("p-1", "s-1"), formed(OTHER)).when(OFFER)) == "no-staff"


def test_a_director_of_teams_offers_for_the_team() -> None:
    by_the_boss = replace(OFFER, acting=acting("s-boss", directs=True))
    assert held().when(by_the_boss) == [offered(by="s-boss")]


def only(decision: Sequence[Event] | Refused) -> BatonOffered:
    assert not isinstance(decision, Refused), decision
    (fact,) = decision
    assert isinstance(fact, BatonOffered)
    return fact


def crossing(legal_basis: str, consent_ref: str | None = None) -> OfferBaton:
    return replace(OFFER, purpose="coordinate-care", legal_basis=legal_basis, consent_ref=consent_ref)


@pytest.mark.parametrize(("domain", "basis"), [("wmo", "same-task"), ("youth", "pw-64"), ("wmo", "wgs-8")])
def test_nothing_crosses_to_another_domain_without_a_ground_for_it(domain: Domain, basis: str) -> None:
    assert reason(held(described(domain)).when(crossing(basis))) == "domain-not-crossed"


def test_consent_that_is_not_recorded_is_no_ground() -> None:
    assert reason(held(described("wmo")).when(crossing("consent"))) == "consent-not-recorded"


@pytest.mark.parametrize(
    ("domain", "basis", "consent"), [("wmo", "consent", "c-1"), ("integration", "pw-64", None), ("safety", "meldcode", None)]
)
def test_data_cross_on_a_recorded_ground(domain: Domain, basis: str, consent: str | None) -> None:
    fact = only(held(described(domain)).when(crossing(basis, consent)))
    assert (fact.domain_to, fact.legal_basis, fact.consent_ref) == (domain, basis, consent)


def test_an_offer_is_urgent_where_it_must_be() -> None:
    fact = only(held().when(replace(OFFER, urgent=True)))
    assert (fact.kind, fact.due_at) == ("urgent", OFFER.acting.at + timedelta(days=1))


def test_no_policy_no_offer() -> None:
    nothing = RULES.model_copy(update={"terms": ()})
    assert reason(held().when(replace(OFFER, rules=nothing))) == "no-term"


def test_the_baton_moves_on_acceptance() -> None:
    assert held(offered()).when(ACCEPT) == [accepted_by()]


def test_of_two_acceptances_the_second_is_refused() -> None:
    second = AcceptBaton("p-1", 1, OTHER, "s-4", acting("s-4"))
    assert reason(held(offered(), accepted_by()).when(second)) == "already-accepted"


def test_the_same_acceptance_again_changes_nothing() -> None:
    assert held(offered(), accepted_by()).when(ACCEPT) == []


def test_a_colleague_may_become_the_contact_person() -> None:
    assert held(offered()).when(replace(ACCEPT, contact_person="s-4")) == [accepted_by("s-3", "s-4")]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"acting": acting("s-2")}, "not-in-team"),
        ({"contact_person": "s-1"}, "contact-person-elsewhere"),
        ({"offer": 2}, "offer-unknown"),
    ],
)
def test_who_cannot_accept(changed: dict[str, object], code: str) -> None:
    assert reason(held(offered()).when(replace(ACCEPT, **changed))) == code  # type: ignore[arg-type]  # fields of the command


def test_who_left_does_not_become_contact_person_by_acceptance() -> None:
    assert reason(held(offered(), left("s-4", OTHER)).when(replace(ACCEPT, contact_person="s-4"))) == "contact-person-elsewhere"


def test_who_offered_does_not_accept() -> None:
    past = held(joined("s-1", OTHER), offered())
    assert reason(past.when(replace(ACCEPT, acting=acting("s-1")))) == "own-offer"


@pytest.mark.parametrize(
    ("fact", "code"), [(declined(), "already-declined"), (withdrawn(), "already-withdrawn"), (fell_back(), "fell-back")]
)
def test_what_is_over_is_not_accepted(fact: object, code: str) -> None:
    assert reason(held(offered(), fact).when(ACCEPT)) == code  # type: ignore[arg-type]  # one of three facts


def test_a_late_acceptance_counts_until_the_offer_is_over() -> None:
    assert held(offered()).when(late(ACCEPT, OVER - timedelta(seconds=1))) == [accepted_by()]
    assert reason(held(offered()).when(late(ACCEPT, OVER))) == "fell-back"


def test_an_offer_answered_long_ago_is_over() -> None:
    assert reason(held(offered(), declined(), offered(2), declined(2)).when(ACCEPT)) == "offer-over"


def test_the_sender_is_told_of_a_decline_and_holds_on() -> None:
    assert held(offered()).when(DECLINE) == [declined()]


def test_a_decline_again_changes_nothing() -> None:
    assert held(offered(), declined()).when(DECLINE) == []


def test_what_was_accepted_is_not_declined() -> None:
    assert reason(held(offered(), accepted_by()).when(DECLINE)) == "already-accepted"


def test_the_sender_does_not_decline() -> None:
    assert reason(held(offered()).when(replace(DECLINE, acting=acting("s-2")))) == "not-in-team"


def test_the_sender_withdraws() -> None:
    assert held(offered()).when(WITHDRAW) == [withdrawn()]
    assert held(offered(), withdrawn()).when(WITHDRAW) == []


def test_the_receiver_does_not_withdraw() -> None:
    assert reason(held(offered()).when(replace(WITHDRAW, acting=acting("s-3")))) == "not-in-team"


def test_what_was_accepted_is_not_withdrawn() -> None:
    assert reason(held(offered(), accepted_by()).when(WITHDRAW)) == "already-accepted"


def completed() -> HandoverCompleted:
    return HandoverCompleted(**told(), result="goal-reached", completed_by="s-3")


def test_the_receiver_tells_what_came_of_it() -> None:
    assert held(offered(), accepted_by()).when(COMPLETE) == [completed()]
    assert held(offered(), accepted_by(), completed()).when(COMPLETE) == []


def test_another_result_of_the_same_handover_is_refused() -> None:
    past = held(offered(), accepted_by(), completed())
    assert reason(past.when(replace(COMPLETE, result="client-moved"))) == "already-completed"


def test_what_was_not_handed_over_is_not_completed() -> None:
    assert reason(held(offered()).when(COMPLETE)) == "not-handed-over"


def test_the_clock_tells_near_then_late() -> None:
    neared, passed = (fact(**told(), due_at=DUE) for fact in (BatonDueNeared, BatonDuePassed))
    assert held(offered()).when(passing("near")) == [neared]
    assert held(offered(), neared).when(passing("near")) == []
    assert held(offered(), neared).when(passing("due")) == [passed]
    assert held(offered(), passed).when(passing("near")) == []


def test_a_baton_that_falls_back_raises_the_case_by_policy() -> None:
    raised = EscalationRaised(
        client="p-1", municipality=ALKMAAR, level=2, reason="baton-fell-back", directs="case-director", rule_version=RULES.version
    )
    assert held(offered()).when(passing("fall-back")) == [fell_back(), raised]
    assert held(raised, offered()).when(passing("fall-back")) == [fell_back()]


@pytest.mark.parametrize("answer", [accepted_by(), declined(), withdrawn()])
@pytest.mark.parametrize("moment", ["near", "due", "fall-back"])
def test_no_clock_after_an_answer(answer: object, moment: str) -> None:
    assert held(offered(), answer).when(passing(moment)) == []  # type: ignore[arg-type]  # one of three


def test_the_clock_of_an_earlier_offer_says_nothing_of_the_next() -> None:
    assert held(offered(), declined(), offered(2)).when(passing("fall-back")) == []
