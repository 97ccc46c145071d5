"""What Prometheus is told of promises: gathered from what is open, whether it was paid, prepared, or nobody has worked it out yet."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import inf, nan

from services.benefits.bank_calendar import YearMissing
from services.benefits.manifest import EntitledLine, GrantedLine, Line, Manifests, WaitingLine
from services.benefits.monthly.dated import RuleMissing
from services.benefits.monthly.periods import first_day, last_day, months, named, next_month
from services.benefits.monthly.preparing import NOT_DUE
from services.benefits.monthly.promises import Living, step_of
from services.benefits.monthly.punctuality import DUTCH_TIME, Timetable
from services.benefits.payments import Payments
from services.benefits.payout_sums import Place
from services.benefits.promised import LOOK_DAYS, Group, Step, Told, Where, tell
from services.benefits.references import run_of
from services.benefits.run_book import Holder, RunBook
from services.benefits.run_state import Closed, Released
from services.metrics import (
    PAYOUT_FORESEEN_LATE,
    PAYOUT_LATE,
    PAYOUT_ON_TIME,
    PAYOUT_PROMISES,
    PAYOUT_RULES_MISSING,
    PAYOUT_STEP_SECONDS,
)

MONTHLY = "monthly-benefit"


@dataclass(frozen=True, slots=True)
class Lines:
    """What figures need of the lines of a run: rights to be granted by municipality, and of a month who is in it and who was held."""

    rights: dict[str, set[str]]
    clients: frozenset[Holder]
    held: frozenset[Holder]


@dataclass(slots=True)
class PromiseFigures:
    """Where promises are gathered; the lines of a run are read once while it is looked at."""

    book: RunBook
    payments: Payments
    manifests: Manifests
    timetable: Timetable
    now: Callable[[], datetime]
    _lines: dict[str, Lines] = field(default_factory=dict)
    _told: set[tuple[Where, str]] = field(default_factory=set)
    _steps: set[tuple[Where, Step]] = field(default_factory=set)

    def take(self) -> None:
        """Tell every figure; raises `OSError` or `ManifestChanged` where the lines of a run cannot be read."""
        now, missing = self.now(), False
        groups = [*self._decided(), *self._prepared()]
        looked_at = _months(now)
        self._forget(looked_at)
        for month in looked_at:
            try:
                groups += self._of_month(month, now)
            except (RuleMissing, YearMissing):
                missing = True
        told = tell(groups, now, self.timetable)
        self._show(told)
        PAYOUT_RULES_MISSING.set(missing or told.rules_missing)

    def _decided(self) -> Iterator[Group]:
        """Rights that were granted, by where their money is."""
        for place, count in self.payments.summed(lambda sums: list(sums.places.items())):
            late, day = place.standing == "paid-late", date.fromisoformat(place.promised_on)
            yield Group(place.scheme, place.municipality, day, self._step(place), count, late)

    def _step(self, place: Place) -> Step:
        match place.standing:
            case "granted":
                return "payment-file"
            case "sent":
                run = self.book.runs.get(run_of(place.message_id))
                released = run.run if isinstance(run, Closed) else run
                return "bank" if isinstance(released, Released) and released.takers(place.message_id) else "hand-over"
            case "paid" | "paid-late":
                return "bank-booked"
            case _:
                return "pay-again"

    def _prepared(self) -> Iterator[Group]:
        """Rights of runs that are on their way to release, as far as they were not decided yet; in two runs, of the last."""
        seen: set[str] = set()
        for run in reversed(self._living()):
            prepared = run.prepared
            if isinstance(run, Released) or prepared.kind in ("dry-run", "pay-again"):
                continue
            for code, rights in self._of_lines(prepared.manifest_hash).rights.items():
                count = self.payments.undecided(rights - seen)
                seen |= rights
                if count:
                    yield Group(prepared.scheme, code, prepared.promised_on, step_of(run), count)

    def _forget(self, looked_at: list[date]) -> None:
        """Let go of what nobody looks at any more."""
        self.book.forget_before(looked_at[0])
        needed = {run.prepared.manifest_hash for run in self._living() if not isinstance(run, Released) or _month(run) in looked_at}
        self._lines = {digest: lines for digest, lines in self._lines.items() if digest in needed}

    def _of_month(self, month: date, now: datetime) -> Iterator[Group]:
        """Clients with a right in a month that was not decided: held in its last run, or in none. Raises `RuleMissing`, `YearMissing`."""
        decided = self.book.decided.get(named(month), set())
        open_ = {who for who, each in self.book.entitled.items() if who not in decided and each.within(month, last_day(month))}
        held: Counter[str] = Counter()
        runs = [run for run in self._living() if _month(run) == month]
        ran = {version.split("/")[1] for run in runs for version in run.prepared.rule_versions}
        for run in reversed(runs):
            lines = self._of_lines(run.prepared.manifest_hash)
            held.update(code for _, code in lines.held & open_)
            open_ -= lines.held if isinstance(run, Released) else lines.held | lines.clients
        if not (held or open_):
            return
        day = self.timetable.norms.payment_day(last_day(month))
        promised_on = self.timetable.calendar.at_latest(month.replace(day=day))
        if promised_on - now.astimezone(DUTCH_TIME).date() <= timedelta(days=LOOK_DAYS):
            yield from (Group(MONTHLY, code, promised_on, "held", count) for code, count in held.items())
            for code, count in Counter(code for _, code in open_).items():
                yield Group(MONTHLY, code, promised_on, "another-run" if code in ran else "preparation", count)

    def _living(self) -> list[Living]:
        """Runs that did not end without money, the first prepared first."""
        runs = [run.run if isinstance(run, Closed) else run for run in self.book.runs.values()]
        return [run for run in runs if isinstance(run, Living)]

    def _of_lines(self, digest: str) -> Lines:
        if digest not in self._lines:
            self._lines[digest] = _read(self.manifests.read(digest))
        return self._lines[digest]

    def _show(self, told: Told) -> None:
        self._told |= told.states.keys()
        self._steps |= told.foreseen.keys() | told.late.keys() | told.seconds.keys()
        for where, state in self._told:
            PAYOUT_PROMISES.labels(*where, state).set(told.states[where, state])  # type: ignore[index]  # states only
            share = told.on_time(where)
            PAYOUT_ON_TIME.labels(*where).set(nan if share is None else share)
        for at in self._steps:
            (where, step) = at
            PAYOUT_FORESEEN_LATE.labels(*where, step).set(told.foreseen[at])
            PAYOUT_LATE.labels(*where, step).set(told.late[at])
            PAYOUT_STEP_SECONDS.labels(*where, step).set(told.seconds.get(at, inf))


def _months(now: datetime) -> list[date]:
    """The month before, this one and the next: what was decided before that is known by its rights."""
    first = first_day(first_day(now.astimezone(DUTCH_TIME).date()) - timedelta(days=1))
    return list(months(first, next_month(next_month(first))))


def _month(run: Living) -> date | None:
    prepared = run.prepared
    return date(prepared.scheme_year, prepared.tranche, 1) if prepared.kind == "month" else None


def _read(lines: Iterator[Line]) -> Lines:
    rights: dict[str, set[str]] = {}
    clients: set[Holder] = set()
    held: set[Holder] = set()
    for line in lines:
        match line:
            case EntitledLine():
                clients.add((line.client, line.municipality))
                rights.setdefault(line.municipality, set()).update(right.right_ref for right in line.rights)
            case GrantedLine():
                rights.setdefault(line.municipality, set()).add(line.right_ref)
            case WaitingLine() if line.reasons not in [(each,) for each in NOT_DUE]:
                held.add((line.client, line.municipality))
            case _:
                pass
    return Lines(rights, frozenset(clients), frozenset(held))
