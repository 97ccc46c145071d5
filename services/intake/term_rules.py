"""The terms of law as dated data: when each begins, how long it runs, and what may stretch it."""

import tomllib
from collections.abc import Iterable
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.contracts.matters import Step, Subject, Term
from services.intake import working_calendar
from services.intake.working_calendar import WorkingCalendar

TERMS = Path(__file__).parent / "policies" / "terms.toml"
MOST_WEEKS = 12
"""A longer term would not be extended to the next working day (Algemene termijnenwet art. 4)."""

Trigger = Literal["report", "application"]


class Dated(BaseModel):
    """A row in force from `from_on`; `assumed` where somebody with authority must confirm it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    from_on: date
    source: Annotated[str, Field(min_length=1)]
    assumed: bool = False


R = TypeVar("R", bound=Dated)


class SubjectRule(Dated):
    """What can be reported; with `together` partners have one matter."""

    subject: Subject
    together: bool


class TermRule(Dated):
    """A term of so many weeks or working days; `needs` is a step that comes first; extended at most by `extension_weeks`."""

    subject: Subject
    step: Step
    begins_with: Trigger
    weeks: Annotated[int, Field(ge=0, le=MOST_WEEKS)] = 0
    working_days: Annotated[int, Field(ge=0)] = 0
    threat: bool = False
    near_days: Annotated[int, Field(ge=0)]
    needs: Step | None = None
    papers_suspend: bool = False
    extension_weeks: Annotated[int, Field(ge=0, le=MOST_WEEKS)] = 0

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if bool(self.weeks) == bool(self.working_days):
            raise ValueError("a term is so many weeks or so many working days")
        return self


class SearchRule(Dated):
    """Who is under 27 looks for work or education for so many weeks before an application, but for the exemptions."""

    subject: Subject
    weeks: Annotated[int, Field(ge=1)]
    exemptions: tuple[str, ...]


class StartRule(Dated):
    """How many months before the report a right may begin."""

    subject: Subject
    retroactive_months: Annotated[int, Field(ge=0)]


class PapersRule(Dated):
    """How long papers may be awaited, and until when after that a matter may be left without handling."""

    most_days: Annotated[int, Field(ge=1)]
    not_handled_within_weeks: Annotated[int, Field(ge=1)]


class TermRules(BaseModel):
    """Every row; `version` names exactly these texts."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    version: str
    calendar: WorkingCalendar
    subjects: tuple[SubjectRule, ...]
    terms: tuple[TermRule, ...]
    searches: tuple[SearchRule, ...]
    starts: tuple[StartRule, ...]
    papers: tuple[PapersRule, ...]

    def subject(self, subject: Subject, on: date) -> SubjectRule | None:
        """The rule of a subject on a day."""
        return _in_force((row for row in self.subjects if row.subject == subject), on)

    def term(self, subject: Subject, step: Step, on: date, *, threat: bool) -> TermRule | None:
        """The term of a step on a day; where something threatens, the one for that if there is one."""
        rows = [row for row in self.terms if (row.subject, row.step) == (subject, step)]
        under_threat = _in_force((row for row in rows if row.threat), on) if threat else None
        return under_threat or _in_force((row for row in rows if not row.threat), on)

    def steps(self, subject: Subject, trigger: Trigger) -> tuple[Step, ...]:
        """The steps whose term begins with a report or an application, in the order of the rows."""
        return tuple(dict.fromkeys(row.step for row in self.terms if (row.subject, row.begins_with) == (subject, trigger)))

    def search(self, subject: Subject, on: date) -> SearchRule | None:
        """The search period on a day."""
        return _in_force((row for row in self.searches if row.subject == subject), on)

    def retroactive_months(self, subject: Subject, on: date) -> int:
        """How many months before the report a right may begin, by the rule of a day."""
        row = _in_force((row for row in self.starts if row.subject == subject), on)
        return 0 if row is None else row.retroactive_months

    def papers_on(self, on: date) -> PapersRule:
        """The rule for papers on a day; the first row counts for every day before it."""
        return _in_force(self.papers, on) or self.papers[0]

    def begun(self, rule: TermRule, on: date) -> Term:
        """The term that begins with something on a day; raises `YearMissing`."""
        until = self.calendar.after(on, rule.working_days) if rule.working_days else on + timedelta(weeks=rule.weeks)
        return self.until(rule, on, until)

    def until(self, rule: TermRule, began_on: date, until: date) -> Term:
        """A term that is counted until a day; raises `YearMissing`."""
        due_on = self.calendar.due(until)
        near_on = max(began_on, due_on - timedelta(days=rule.near_days))
        return Term(step=rule.step, began_on=began_on, runs_until=until, due_on=due_on, near_on=near_on)


def _in_force(rows: Iterable[R], on: date) -> R | None:
    return max((row for row in rows if row.from_on <= on), key=lambda row: row.from_on, default=None)


def parse(text: bytes, calendar: WorkingCalendar) -> TermRules:
    """The rules in a TOML text; raises `pydantic.ValidationError` or `tomllib.TOMLDecodeError`."""
    found = {name: tuple(_frozen(row) for row in rows) for name, rows in tomllib.loads(text.decode()).items()}
    return TermRules.model_validate({**found, "version": f"terms+{sha256(text).hexdigest()[:8]}", "calendar": calendar})


def _frozen(row: dict[str, object]) -> dict[str, object]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def installed(path: Path = TERMS) -> TermRules:
    """The rules in a file, on the calendar of the general terms act."""
    return parse(path.read_bytes(), working_calendar.installed())
