"""Commands about needs as work for the log: the client is found at home, and words go to the vault."""

from collections.abc import Callable, Mapping
from typing import Any

from services.contracts.needs import NeedEvent, NeedGoalSet, NeedIdentified
from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import EventLog, Transaction
from services.intake.applications import at_home
from services.intake.desk import Asked, Desk
from services.intake.matter_commands import Whose
from services.intake.need_bodies import GoalBody, GoalEndBody, NeedBody, NeedClosingBody, WorkBody
from services.intake.need_commands import CloseNeed, Command, EndGoal, IdentifyNeed, SetGoal, StartWork
from services.intake.needs import NEEDS, Needs, needs_stream
from services.vault.erasure import barred
from services.vault.texts import text_of

NeedWork = Work[Command, Needs]
Make = Callable[[Whose, "str | None"], Command]


def _work(desk: Desk, asked: Asked, client: str, make: Make, words: str | None = None) -> NeedWork:
    def command(tx: Transaction) -> Command | Refused:
        found = at_home(tx, asked, client)
        text_ref = None if words is None else desk.new_ref("t-")
        return barred(tx, client) or make(Whose(client, found.household_ref, found.municipality), text_ref)

    def beside(tx: Transaction, recorded: Recorded) -> None:
        text_ref = getattr(recorded[0].event, "text_ref", None)
        if text_ref is not None:
            desk.vault.seal(tx, text_ref, client, recorded[0].event_id, {"note": words})

    return Work(NEEDS, command, asked.origin, asked.body_hash, asked.expected, beside, _refs)


def _refs(recorded: Recorded) -> Mapping[str, str]:
    told = vars(recorded[0].event)
    return {name: str(told[name]) for name in ("need_ref", "goal_ref") if name in told}


def need(desk: Desk, asked: Asked, client: str, body: NeedBody) -> NeedWork:
    """A need that was seen; `Absent` where the client is not known."""

    def make(whose: Whose, text_ref: str | None) -> Command:
        return IdentifyNeed(
            whose=whose,
            need_ref=desk.new_ref("n-"),
            today=asked.today,
            on=body.identified_on,
            domain=body.domain,
            need=body.need,
            by=asked.origin.actor,
            text_ref=text_ref,
        )

    return _work(desk, asked, client, make, body.note)


def goal(desk: Desk, asked: Asked, about: tuple[str, str], body: GoalBody) -> NeedWork:
    """A goal of a need, which is named by its client and reference."""

    def make(whose: Whose, text_ref: str | None) -> Command:
        return SetGoal(
            whose=whose,
            need_ref=about[1],
            today=asked.today,
            on=body.set_on,
            goal_ref=desk.new_ref("g-"),
            goal=body.goal,
            text_ref=text_ref,
        )

    return _work(desk, asked, about[0], make, body.note)


def start(desk: Desk, asked: Asked, about: tuple[str, str, str], body: WorkBody) -> NeedWork:
    """Who works on a goal, which is named by client, need and reference."""
    client, need_ref, goal_ref = about

    def make(whose: Whose, _text_ref: str | None) -> Command:
        return StartWork(
            whose=whose,
            need_ref=need_ref,
            today=asked.today,
            on=body.started_on,
            goal_ref=goal_ref,
            organisation=body.organisation,
            team_ref=body.team_ref,
        )

    return _work(desk, asked, client, make)


def end(desk: Desk, asked: Asked, about: tuple[str, str, str], body: GoalEndBody) -> NeedWork:
    """How a goal ended, which is named by client, need and reference."""
    client, need_ref, goal_ref = about

    def make(whose: Whose, _text_ref: str | None) -> Command:
        return EndGoal(
            whose=whose,
            need_ref=need_ref,
            today=asked.today,
            on=body.ended_on,
            goal_ref=goal_ref,
            outcome=body.outcome,
            reason_code=body.reason_code,
        )

    return _work(desk, asked, client, make)


def closing(desk: Desk, asked: Asked, about: tuple[str, str], body: NeedClosingBody) -> NeedWork:
    """How a need ended, which is named by its client and reference."""

    def make(whose: Whose, _text_ref: str | None) -> Command:
        return CloseNeed(
            whose=whose,
            need_ref=about[1],
            today=asked.today,
            on=body.closed_on,
            outcome=body.outcome,
            reason_code=body.reason_code,
        )

    return _work(desk, asked, about[0], make)


def needs_of(log: EventLog, desk: Desk, client: str) -> list[dict[str, Any]]:
    """Every need of a client with its goals; what was said is read from the vault, and is None where it was erased."""
    facts = [told.event for told in log.read(needs_stream(client)) if isinstance(told.event, NeedEvent)]
    said = {
        fact.goal_ref if isinstance(fact, NeedGoalSet) else fact.need_ref: text_of(desk.vault, log, fact.text_ref)
        for fact in facts
        if isinstance(fact, NeedIdentified | NeedGoalSet)
    }
    return [
        {
            "need_ref": ref,
            "domain": need.domain,
            "need": need.need,
            "identified_on": need.identified_on.isoformat(),
            "state": need.outcome or "open",
            "note": said[ref],
            "goals": [
                {
                    "goal_ref": goal_ref,
                    "goal": goal.goal,
                    "state": goal.outcome or ("worked-on" if goal.teams else "set"),
                    "teams": [{"organisation": organisation, "team_ref": team} for organisation, team in sorted(goal.teams)],
                    "note": said[goal_ref],
                }
                for goal_ref, goal in need.goals.items()
            ],
        }
        for ref, need in NEEDS.fold(facts).items()
    ]
