"""Whatever happens to clients, months, runs, processes and payments: I1, I2, I4 and I5 hold for every fact of the monthly benefit."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.benefits.monthly import client_book, entitling
from services.benefits.monthly.benefit import BENEFIT, benefit_stream
from services.benefits.monthly.carried import Carried
from services.benefits.monthly.carrying import folded
from services.benefits.monthly.claim_book import claims
from services.benefits.monthly.commands import BenefitCommand, Whose
from services.benefits.monthly.setting_off import SETTING_OFF, SetOff
from services.benefits.payment import PAYMENT, InstructPayment
from services.benefits.payments import Position
from services.benefits.request import RunRequest, ordering
from services.benefits.run_commands import HandOverFile
from services.benefits.run_state import Prepared, Released
from services.contracts.codec import published
from services.contracts.monthly import BenefitFact
from services.eventlog.handle import Work
from services.eventlog.log import Answer
from tests.benefits.a_region import ALKMAAR, ALL, APPROVER, BERGEN, NOW, OFFICER, Region, household, person, region
from tests.benefits.monthly import people
from tests.benefits.planted import OF_PAYMENTS, assert_found
from tests.benefits.promises_kept import Accounts, MonthlyRights, files_are_what_was_signed
from tests.benefits.test_benefits_rights_always import Dying, Failing, _answer

CODEC = published()
CLIENTS = 3
MONTHS, DAYS = st.integers(1, 5), st.integers(15, 17)
WAYS = st.sampled_from(["earns", "sharer", "block", "unblock", "suspend", "resume", "charge", "attach", "end", "withdraw"])


def about(number: int, what: str, month: int, n: int, where: str) -> Any:  # noqa: ANN401 - any command of a dossier
    """What happens in a client's life; whether it may is for the decider to say."""
    day, ref = date(2024, month, 1), f"{what}-{n}"
    ways: dict[str, Callable[[], BenefitCommand]] = {
        "earns": lambda: people.earns(f"2024-{month:02d}", 20_000 * (n % 5), ref),
        "sharer": lambda: people.change(people.circumstances(cost_sharers=n % 3), day, ref),
        "block": lambda: people.block(day, ref),
        "unblock": lambda: people.unblock(day, ref),
        "suspend": lambda: people.suspend(day, ref=ref),
        "resume": lambda: people.resume(day, ref),
        "charge": lambda: people.charge(day, 30_000, f"ch-{n}", ref),
        "attach": lambda: people.attach(day, 30_000, f"at-{n}", ref),
        "end": lambda: people.end(day, ref),
        "withdraw": lambda: people.withdraw(day, ref),
    }
    return of(number, ways[what](), where)


def of(number: int, command: Any, where: str = ALKMAAR) -> Any:  # noqa: ANN401 - any command of a dossier, and the same kind
    """The same about another client, of the right in that municipality."""
    if hasattr(command, "terms"):
        whose = {"client": person(number), "household_ref": household(number), "municipality": where}
        return replace(command, terms=replace(command.terms, **whose))
    return replace(command, whose=Whose(person(number), household(number), where))


def where_last_told(book: client_book.ClientBook, known: client_book.Known) -> Iterator[client_book.Page]:
    """A client has one benefit, of the municipality that told something last: as it was until 26 November 2026."""
    told = book.log.facts(benefit_stream(known.client), (), 0)
    facts = [cast("BenefitFact", fact) for _, fact in told]
    one = [fact.model_copy(update={"municipality": facts[-1].municipality}) for fact in facts]
    yield client_book.Page(known.at((facts[-1].household_ref, facts[-1].municipality), folded(one, Carried()), len(told)), told)


class MonthsAlways(RuleBasedStateMachine):
    """Three clients on a benefit, and everything that can be asked about them, their months and their payments."""

    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.log = Failing("benefits", CODEC)
        self.region: Region = region(self.folder, self.log, most_transfers=2)
        self.rights, self.accounts = MonthlyRights(), Accounts()
        self.happened = self.checked = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize()
    def clients(self) -> None:
        for number in range(1, CLIENTS + 1):
            self.region.binds(person(number), number)
            for command in (people.apply(), people.grant(), people.notify()):
                assert self.tells(of(number, command)).outcome == "accepted"

    @rule(number=st.integers(1, CLIENTS), what=WAYS, month=st.integers(1, 4), where=st.sampled_from([ALKMAAR, ALKMAAR, BERGEN]))
    def something_happens(self, number: int, what: str, month: int, where: str) -> None:
        self.happened += 1
        self.tells(about(number, what, month, self.happened, where))

    @rule(number=st.integers(1, CLIENTS), month=st.integers(2, 4), whence=st.sampled_from([(ALKMAAR, BERGEN), (BERGEN, ALKMAAR)]))
    def a_client_moves(self, number: int, month: int, whence: tuple[str, str]) -> None:
        """The right ends there and is applied for here from that day; any of it may be refused."""
        self.happened += 1
        day, ref, (there, here) = date(2024, month, 1), f"moved-{self.happened}", whence
        self.tells(of(number, people.end(day, f"end-{ref}"), there))
        for command in (people.apply(day), people.grant(on=day, ref=ref), people.notify(ref, date(2024, month, 14))):
            self.tells(of(number, command, here))

    @rule(number=st.integers(1, CLIENTS), other=st.integers(1, 2))
    def another_account_is_bound(self, number: int, other: int) -> None:
        self.region.binds(person(number), number + 10 * other)

    @rule(target=runs, month=MONTHS, day=DAYS)
    def a_month_is_prepared_and_signed(self, month: int, day: int) -> str:
        return self.signed(month, day)

    def signed(self, month: int, day: int) -> str:
        """The same month again on the same day is the same run, on another day one that overlaps; who prepared it tries to sign."""
        about = {"scheme": "monthly-benefit", "scheme_year": 2024, "tranche": month, "intake_position": 0, "kind": "month"}
        days = {"decided_on": date(2024, month, day), "promised_on": date(2024, month, 28)}
        request = RunRequest(run_ref="", municipalities=ALL, prepared_by=OFFICER, **about, **days)  # type: ignore[arg-type]  # literals
        run = self.log.submit(ordering(request, self.region.origin(), b"")).result(5).stream.rpartition("/")[2]
        self.region.works()
        if isinstance(self.region.office.run(run), Prepared):
            self.region.approves(run, OFFICER)
        if isinstance(self.region.office.run(run), Prepared):
            self.region.approves(run)
        return run

    @rule(month=MONTHS, day=DAYS)
    def a_month_is_decided(self, month: int, day: int) -> None:
        """Without anything in its way."""
        self.region.releases(self.signed(month, day))

    @rule(run=runs, writes=st.one_of(st.none(), st.integers(0, 15)))
    def a_run_is_released(self, run: str, writes: int | None) -> None:
        """Perhaps the process ends after so many writes; the next one goes on when it has the time."""
        self.log.left = writes
        try:
            self.region.releases(run)
        except Dying:
            self.region = region(self.folder, self.log, most_transfers=2, vault=self.region.office.vault)
        finally:
            self.log.left = None

    @rule(run=runs, part=st.integers(1, 2), actor=st.sampled_from([OFFICER, APPROVER]))
    def a_file_is_fetched(self, run: str, part: int, actor: str) -> None:
        self.region.commands_run(HandOverFile(run, f"{run}-{part:03d}", actor))

    @rule()
    def the_background_works(self) -> None:
        self.region.works()

    @precondition(lambda self: self.sent())
    @rule(which=st.integers(0, 50), kind=st.sampled_from(["book", "reject", "return", "wrong"]), back=st.integers(0, 1))
    def the_bank_answers(self, which: int, kind: str, back: int) -> None:
        position = self.sent()[which % len(self.sent())]
        command = _answer(position, kind, max(1, position.attempt - back))
        self.log.submit(Work(PAYMENT, lambda _tx: command, self.region.origin(), b"")).result(5)

    @precondition(lambda self: self.sent())
    @rule(which=st.integers(0, 50), ahead=st.integers(0, 2), message=st.sampled_from(["m-1", "m-2"]))
    def it_is_set_off_or_paid_again(self, which: int, ahead: int, message: str) -> None:
        """Against every claim on the client; only one on its month may be met, and what was met is paid to nobody."""
        position = self.sent()[which % len(self.sent())]
        for claim in claims(self.log).get(position.client, ()) if ahead == 0 else ():
            self.sets_off(SetOff(claim.opened.claim_ref, position.right_ref, NOW.date(), "s-worker"))
        command = InstructPayment(position.right_ref, position.attempt + ahead, message, NOW.date())
        self.log.submit(Work(PAYMENT, lambda _tx: command, self.region.origin(), b"")).result(5)

    def sets_off(self, command: SetOff) -> Answer:
        return self.log.submit(Work(SETTING_OFF, lambda _tx: command, self.region.origin(), b"")).result(5)

    def tells(self, command: BenefitCommand) -> Answer:
        return self.log.submit(Work(BENEFIT, lambda _tx: command, self.region.origin("s-worker"), b"")).result(5)

    def sent(self) -> list[Position]:
        runs = [run for run in self.released() if self.region.office.payments.of_run(run)]
        return [position for run in runs for position in self.region.office.payments.of_run(run) if position.attempt]

    def released(self) -> list[str]:
        ends = sorted({e.stream.rpartition("/")[2] for e in self.log.scan("benefits/run/")})
        return [run for run in ends if isinstance(self.region.office.run(run), Released)]

    @invariant()
    def i1_i2_and_i5_hold_for_every_fact(self) -> None:
        for record in self.log.after(self.checked, 10_000):
            fact = CODEC.event(record.type, record.data)
            self.rights.count(fact)
            self.accounts.count(fact)
        self.checked = self.log.head()

    @invariant()
    def i4_files_are_what_was_signed(self) -> None:
        files_are_what_was_signed(self.region, (CODEC.event(r.type, r.data) for r in self.log.after(0, 10_000)))


TestMonths = MonthsAlways.TestCase
TestMonths.settings = settings(max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))


DEFECTS = {
    **OF_PAYMENTS,
    "i2-a-month-is-decided-by-two-runs": (entitling, "_hindrance", lambda _state, _command: ""),
    "i2-the-last-municipality-pays-for-all": (client_book.ClientBook, "_whole", where_last_told),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_that_is_planted_in_months_is_found(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*DEFECTS[defect])

    assert_found(MonthsAlways, TestMonths.settings)
