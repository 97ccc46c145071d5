"""One example of every published fact about matters, needs and persons who are alike, with invented references."""

from datetime import date
from typing import Any

from services.contracts import matters, needs, persons
from services.contracts.envelope import Event

ON, DUE = date(2024, 1, 1), date(2024, 2, 26)
H, P, GM = "h-00000000000000a1", "p-00000000000000b1", "GM0361"
M, OTHER = "m-00000000000000f1", "m-00000000000000f2"

TERM = matters.Term(step="decision", began_on=ON, runs_until=DUE, due_on=DUE, near_on=date(2024, 2, 12))
_matter: dict[str, Any] = {"matter_ref": M, "client": P, "household_ref": H, "municipality": GM}
_told: dict[str, Any] = {**_matter, "person_ref": P, "channel": "alderman", "text_ref": "t-1"}

MATTER_EXAMPLES: tuple[Event, ...] = (
    matters.MatterOpened(**_matter, subject="social-assistance", opened_on=ON, rule_version="terms+ab12cd34"),
    matters.MatterReported(
        **_told, report_ref="rep-1", reported_on=ON, organisation="housing-association", threat=True, search_until=date(2024, 1, 29)
    ),
    matters.MatterApplied(**_told, application_ref="app-1", applied_on=ON, exemption="vulnerable-youth"),
    matters.MatterTermStarted(**_matter, term=TERM),
    matters.MatterTermExtended(**_matter, term=TERM, weeks=2, reason_code="advice-awaited", extended_by="s-1", text_ref="t-1"),
    matters.MatterPapersAsked(
        **_matter, papers=("bank-statements",), asked_on=ON, recover_by=date(2024, 1, 15), suspends=True, asked_by="s-1", text_ref="t-1"
    ),
    matters.MatterPapersReceived(**_matter, papers=("bank-statements",), received_on=ON, missing=("rental-contract",)),
    matters.MatterPapersTermPassed(**_matter, missing=("rental-contract",), recover_by=date(2024, 1, 15)),
    matters.MatterTermResumed(**_matter, term=TERM, suspended_days=14),
    matters.MatterTermNeared(**_matter, step="decision", due_on=DUE),
    matters.MatterTermPassed(**_matter, step="decision", due_on=DUE),
    matters.MatterAdvanceFellDue(**_matter, due_on=date(2024, 1, 29), papers_missing=False),
    matters.MatterStepCompleted(**_matter, step="investigation", completed_on=ON, due_on=DUE),
    matters.MatterDecided(
        **_matter, subject="social-assistance", outcome="accepted", decided_on=DUE, decided_by="s-1", reason_code="entitled", due_on=DUE,
        starts_on=ON, start_ground="report", text_ref="t-1",
    ),
    matters.MatterMerged(**_matter, into_matter_ref=OTHER, merged_by="s-1"),
    matters.MatterAbsorbed(**_matter, from_matter_ref=OTHER, reported_on=ON),
)  # fmt: skip  # a table of examples

_need: dict[str, Any] = {"client": P, "household_ref": H, "municipality": GM, "need_ref": "n-00000000000000a1", "domain": "debt"}
_goal: dict[str, Any] = {**_need, "goal_ref": "g-00000000000000a1"}
_pair: dict[str, Any] = {"person_ref": "p-00000000000000b2", "other_ref": P, "municipality": GM, "other_municipality": "GM0399"}

NEED_EXAMPLES: tuple[Event, ...] = (
    needs.NeedIdentified(**_need, need="rent-arrears", identified_on=ON, identified_by="s-1", text_ref="t-1"),
    needs.NeedGoalSet(**_goal, goal="arrangement-with-landlord", set_on=ON, text_ref="t-1"),
    needs.NeedWorkStarted(**_goal, organisation="municipality", team_ref="team-2", started_on=ON),
    needs.NeedGoalEnded(**_goal, outcome="reached", ended_on=ON, reason_code="arranged"),
    needs.NeedClosed(**_need, outcome="met", closed_on=ON, reason_code="arranged"),
)

PAIR_EXAMPLES: tuple[Event, ...] = (
    persons.PossibleDuplicateFound(**_pair, score_percent=92, alike=("name", "birth-date"), rule_version="likeness+ab12cd34"),
    persons.PersonsLinked(**_pair, reason_code="same-passport", judged_by="s-1"),
    persons.PersonsToldApart(**_pair, reason_code="twins", judged_by="s-1"),
)
