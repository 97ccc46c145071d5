"""What benefits tells of how a run is held in hand: rows that people judged, signatures that are late, budgets, cancellation."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from services.contracts.envelope import Event, Home, Published
from services.contracts.intake import Cents, Count, Municipality, Scheme, SchemeYear
from services.contracts.runs import RunEvent

Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(3000, 1, 1, tzinfo=UTC))]
RowVerdict = Literal["right", "wrong"]


class SampleRow(Published):
    """A row that people must judge, by the right that it decides, with the stratum that it was drawn from."""

    right_ref: str
    municipality: Municipality
    standing: str


class RunSampleDrawn(RunEvent):
    """These rows were drawn; anybody can draw them again from the content and its hash."""

    TYPE = "nl.sociaaldomein.benefits.run-sample-drawn.v1"

    manifest_hash: str
    rows: tuple[SampleRow, ...]


class SampleRowJudged(RunEvent):
    """Somebody looked into a drawn row; one that is wrong stops the run."""

    TYPE = "nl.sociaaldomein.benefits.sample-row-judged.v1"

    right_ref: str
    verdict: RowVerdict
    judged_by: str


class RunApprovalEscalated(RunEvent):
    """The signatures were not there at their deadline, for the `level`th time; the next one is `due_at` (UTC)."""

    TYPE = "nl.sociaaldomein.benefits.run-approval-escalated.v1"

    level: Count
    signatures: Count
    needed: Count
    due_at: Moment | None


class RunCancellationOrdered(RunEvent):
    """A released run is taken back before a file of it left; its payments and grants are withdrawn in portions."""

    TYPE = "nl.sociaaldomein.benefits.run-cancellation-ordered.v1"

    reason_code: str
    ordered_by: str


class RunCancelled(RunEvent):
    """Everything of the run was withdrawn."""

    TYPE = "nl.sociaaldomein.benefits.run-cancelled.v1"

    withdrawn: Count
    total_cents: Cents


def budget_stream(scheme: Scheme, scheme_year: int, municipality: str) -> str:
    """Stream of what a municipality set aside for a scheme and year; the first scheme's streams do not name it."""
    named = "" if scheme == "energy-allowance" else f"{scheme}/"
    return f"benefits/budget/{named}{scheme_year}/{municipality}"


class BudgetEvent(Event):
    """A fact about what a municipality set aside for a scheme and its year, in euro cents."""

    scheme: Scheme
    scheme_year: SchemeYear
    municipality: Municipality

    def home(self) -> Home:
        """The municipality's budget of the scheme year."""
        return Home(budget_stream(self.scheme, self.scheme_year, self.municipality), self.municipality, self.municipality)


class BudgetSet(BudgetEvent):
    """From here on the budget of the year is this, whatever it was before; `decision_ref` names what the municipality decided."""

    TYPE = "nl.sociaaldomein.benefits.budget-set.v1"

    amount_cents: Cents
    decision_ref: str
    decided_by: str


class BudgetReserved(BudgetEvent):
    """The last signature under a run took this much of the budget."""

    TYPE = "nl.sociaaldomein.benefits.budget-reserved.v1"

    run_ref: str
    amount_cents: Cents


class BudgetReleased(BudgetEvent):
    """Of what a run had reserved, so much will not be paid by it."""

    TYPE = "nl.sociaaldomein.benefits.budget-released.v1"

    run_ref: str
    amount_cents: Cents


RunControlEvent = (
    RunSampleDrawn
    | SampleRowJudged
    | RunApprovalEscalated
    | RunCancellationOrdered
    | RunCancelled
    | BudgetSet
    | BudgetReserved
    | BudgetReleased
)
