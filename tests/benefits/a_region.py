"""A small region to test on: households told by intake, accounts, and benefits on a log in memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TypeVar

from deploy.bank import receive
from services.benefits.account import BindAccount, Holding, binding
from services.benefits.allowance_rules import AllowanceRules, installed
from services.benefits.debtor import Debtor
from services.benefits.files import Bank
from services.benefits.jobs import take_in
from services.benefits.ledger import LEDGER, RecordOpeningBalance
from services.benefits.monthly import norms
from services.benefits.office import Equipment, Office, open_office
from services.benefits.payments import cents_by_standing
from services.benefits.policy import react
from services.benefits.references import opening_right_ref
from services.benefits.request import RunRequest, ordering
from services.benefits.run import RUN
from services.benefits.run_commands import ApproveRun, CloseRun, JudgeRow, OrderRelease, RunCommand
from services.benefits.run_state import Approved, Prepared, Released
from services.contracts.benefits import AllowanceGranted
from services.contracts.codec import published
from services.contracts.envelope import Envelope, Event
from services.contracts.intake import (
    AgeBand,
    ApplicationReceived,
    BenefitScheme,
    HouseholdFacts,
    HouseholdRegistered,
    HouseholdType,
    IncomeSource,
    Living,
    Member,
)
from services.eventlog.handle import Work
from services.eventlog.log import Answer, EventLog, Origin
from services.eventlog.memory import MemoryLog
from services.eventlog.reactor import WATERMARK
from services.eventlog.watermark import Watermark
from services.vault.keyed_hash import KeyedHash
from services.vault.keys import MemoryKeys
from services.vault.vault import Vault

E = TypeVar("E", bound=Event)
NOW = datetime(2024, 2, 15, 9, 0, tzinfo=UTC)
REFERENCE = date(2024, 1, 1)
ROUNDS = 200
ALKMAAR, BERGEN = "GM0361", "GM0373"
ALL = ("GM0361", "GM0373", "GM0383", "GM0399", "GM0450", "GM1980")
OFFICER, APPROVER = "s-officer", "s-approver"
DEBTOR = Debtor("Regio Werk en Inkomen", "NL91ABNA0417164300", "ABNANL2A", {code: f"Gemeente {code}" for code in ALL})
KEYED = KeyedHash(b"k" * 32)


def iban(number: int) -> str:
    """A valid Dutch test account number."""
    account = f"TEST{number:010d}"
    digits = "".join(str(int(letter, 36)) for letter in f"{account}NL00")
    return f"NL{98 - int(digits) % 97:02d}{account}"


def person(number: int) -> str:
    return f"p-{number:016x}"


def household(number: int) -> str:
    return f"h-{number:016x}"


@dataclass(frozen=True)
class Home:
    """One household as intake tells it; everything that a test does not mention is ordinary."""

    number: int
    benefit: BenefitScheme = "pw"
    household_type: HouseholdType = "single"
    living: Living = "independent"
    income_cents: int = 100_000
    source: IncomeSource = "benefit"
    bands: tuple[AgeBand, ...] = ("27-pension",)
    student: bool = False
    municipality: str = ALKMAAR
    dwelling: int | None = None
    on: date = date(2023, 6, 1)
    persons: tuple[int, ...] = ()

    @property
    def ref(self) -> str:
        return household(self.number)

    @property
    def client(self) -> str:
        return self.members[0].person_ref

    @property
    def members(self) -> tuple[Member, ...]:
        persons = self.persons or tuple(self.number * 10 + place for place in range(len(self.bands)))
        roles = ("applicant", "partner", "child", "child")
        return tuple(
            Member(person_ref=person(who), role=role, age_band=band, student=self.student)  # type: ignore[arg-type]  # roles are literals
            for who, role, band in zip(persons, roles, self.bands, strict=False)
        )

    @property
    def facts(self) -> HouseholdFacts:
        return HouseholdFacts(
            municipality=self.municipality,
            household_type=self.household_type,
            living=self.living,
            dwelling_ref=f"d-{self.number if self.dwelling is None else self.dwelling:016x}",
            income_cents_per_month=self.income_cents,
            income_source=self.source,
            benefit=self.benefit,
            members=self.members,
        )


@dataclass
class Region:
    """Benefits with what intake told so far."""

    log: EventLog
    office: Office
    positions: "count[int]" = field(default_factory=lambda: count(1))
    told: int = 0
    commands: "count[int]" = field(default_factory=lambda: count(1))

    def tells(self, event: Event, version: int = 1) -> None:
        """Intake tells a fact, and benefits has acted on it."""
        self.told = next(self.positions)
        home = event.home()
        envelope = Envelope(
            f"e-{self.told}",
            "intake",
            home.stream,
            version,
            self.told,
            home.key,
            home.client,
            home.municipality,
            NOW,
            NOW,
            None,
            "c",
            event,
        )
        for work in react(lambda: NOW)(envelope):
            self.log.submit(work).result(5)
        mark = Watermark(self.told).to_bytes()
        self.log.submit(lambda tx: tx.keep(WATERMARK, "intake", mark)).result(5)

    def knows(self, *households: Home) -> None:
        """These households live here, and have accounts."""
        for each in households:
            self.tells(HouseholdRegistered(household_ref=each.ref, on=each.on, facts=each.facts))
            self.binds(each.client, each.number, each.municipality)

    def houses(self, number: int, municipality: str = ALKMAAR, persons: tuple[int, ...] = ()) -> None:
        """The household of this number consists of the person of that number, or of these."""
        band: AgeBand = "27-pension"
        each = Home(number, municipality=municipality, bands=(band,) * max(1, len(persons)), persons=persons or (number,))
        if not self.log.read(f"benefits/household/{each.ref}"):
            self.tells(HouseholdRegistered(household_ref=each.ref, on=each.on, facts=each.facts))

    def applies(self, each: Home, on: date = date(2024, 2, 1), by: str | None = None) -> None:
        client = by or each.client
        self.tells(
            ApplicationReceived(
                client=client,
                household_ref=each.ref,
                municipality=each.municipality,
                application_ref=f"a-{client}-{each.number}",
                scheme="energy-allowance",
                scheme_year=2023,
                channel="web-form",
                received_on=on,
            )
        )

    def binds(self, client: str, number: int, municipality: str = ALKMAAR) -> Answer:
        """The client is paid on test account `number`."""
        command = BindAccount(client, municipality, f"acc-{client[2:]}-{number}", KEYED.of(iban(number)), NOW.date())
        origin = self.origin()
        return self.log.submit(binding(command, Holding(iban(number), f"Rekening {number}"), self.office.vault, origin, b"")).result(5)

    def paid_before(self, each: Home, cents: int, source: str = "old-1", persons: Sequence[str] = ()) -> Answer:
        """The system before this one paid."""
        command = RecordOpeningBalance(
            each.ref,
            each.municipality,
            "energy-allowance",
            2023,
            opening_right_ref("energy-allowance", each.ref, 2023, source),
            cents,
            source,
            (each.client, *persons),
        )
        return self.log.submit(Work(LEDGER, lambda _tx: command, self.origin(), b"")).result(5)

    def origin(self, actor: str = OFFICER) -> Origin:
        return Origin(actor, f"command-{next(self.commands)}", NOW, "c")

    def prepares(self, tranche: int = 1, promised_on: date = date(2024, 3, 1), position: int | None = None) -> str:
        """The officer orders a run and it is prepared; its reference."""
        run_ref = self.orders(tranche, promised_on, position)
        self.works()
        return run_ref

    def orders(self, tranche: int = 1, promised_on: date = date(2024, 3, 1), position: int | None = None) -> str:
        request = RunRequest(
            run_ref="",
            scheme="energy-allowance",
            scheme_year=2023,
            tranche=tranche,
            decided_on=NOW.date(),
            promised_on=promised_on,
            intake_position=self.told if position is None else position,
            municipalities=ALL,
            prepared_by=OFFICER,
        )
        answer = self.log.submit(ordering(request, self.origin(), b"")).result(5)
        return answer.stream.rpartition("/")[2]

    def approves(self, run_ref: str, actor: str = APPROVER) -> Answer:
        """Somebody approves what they see."""
        run = self.office.run(run_ref)
        assert isinstance(run, Prepared)
        seen = run.prepared
        ceiling_cents = self.office.rules[0].run_ceiling.amount_cents
        return self.commands_run(ApproveRun(run_ref, seen.manifest_hash, seen.granted, seen.total_cents, actor, ceiling_cents))

    def judges(self, run_ref: str) -> None:
        """Somebody looks into every drawn row and finds it right."""
        run = self.office.run(run_ref)
        rows = run.safeguards.unjudged if isinstance(run, Approved) else ()
        for right_ref in rows:
            self.commands_run(JudgeRow(run_ref, right_ref, "right", APPROVER))

    def releases(self, run_ref: str, execution_on: date = date(2024, 2, 20)) -> Answer:
        self.judges(run_ref)
        answer = self.commands_run(OrderRelease(run_ref, OFFICER, execution_on, NOW.date(), date(2024, 8, 31)))
        self.works()
        return answer

    def pays_out(self, tranche: int = 1, promised_on: date = date(2024, 3, 1)) -> str:
        """A run from preparation to payment files."""
        run_ref = self.prepares(tranche, promised_on)
        self.approves(run_ref)
        self.releases(run_ref)
        return run_ref

    def commands_run(self, command: RunCommand) -> Answer:
        return self.log.submit(Work(RUN, lambda _tx: command, self.origin(), b"")).result(5)

    def works(self) -> None:
        """The background does what waits; with a planted defect it may never come to an end."""
        rounds = 0
        while self.office.jobs.round():
            rounds += 1
            assert rounds < ROUNDS, "the background work does not come to an end"

    def message(self, run_ref: str, part: int = 1) -> bytes:
        """The payment file as it lies ready."""
        return self.office.bank.place(f"{run_ref}-{part:03d}").read_bytes()

    def hears(self, *answers: bytes) -> None:
        """Messages of the bank come in and are read."""
        for answer in answers:
            self.log.submit(take_in(self.office.inbox, sha256(answer).hexdigest(), answer)).result(5)
        self.works()

    def bank_answers(self, run_ref: str, folder: Path, refused: frozenset[str] = frozenset()) -> list[bytes]:
        """What the bank of the rehearsal says to the run's files."""
        released = self.office.run(run_ref)
        assert isinstance(released, Released)
        receipts = [receive(self.message(run_ref, file.part), folder / "the-bank", refused) for file in released.files]
        return [answer.read_bytes() for receipt in receipts for answer in receipt.answers]

    def closes(self, run_ref: str) -> Answer:
        """The officer closes on what stands there now."""
        cents = cents_by_standing(self.office.payments.statement(run_ref))
        return self.commands_run(CloseRun(run_ref, cents["paid"], cents["returned"], cents["rejected"], OFFICER))

    def facts(self, kind: type[E]) -> list[E]:
        """Every fact of a kind, in order of stream."""
        return [envelope.event for envelope in self.log.scan("benefits/") if isinstance(envelope.event, kind)]

    def granted_cents(self) -> dict[str, int]:
        """What was granted so far, by household, over all runs."""
        cents: Counter[str] = Counter()
        for grant in self.facts(AllowanceGranted):
            cents[grant.household_ref] += grant.amount_cents
        return dict(cents)


def region(
    folder: Path,
    log: EventLog | None = None,
    rules: Sequence[AllowanceRules] | None = None,
    most_transfers: int = 1_000,
    vault: Vault | None = None,
    bank: Bank | None = None,
) -> Region:
    """Benefits on a log in memory; empty, or as the given log and vault were left."""
    kept = log or MemoryLog("benefits", published())
    refs = count(1)
    equipment = Equipment(
        log=kept,
        vault=vault or Vault(MemoryKeys()),
        fingerprints=KEYED,
        norms=norms.installed(),
        rules=rules or installed(),
        manifests=folder / "manifests",
        bank=bank or Bank(DEBTOR, folder / "bank", most_transfers),
        now=lambda: NOW,
        new_ref=lambda prefix: f"{prefix}{next(refs):016x}",
        copied=lambda _position: True,
        patience_seconds=0.1,
    )
    return Region(kept, open_office(equipment), commands=count(kept.head() + 1))
