"""I9: what the views show of clients, payouts and runs is what the facts come to, computed here in another way."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.audit.care import Care
from services.audit.fact import EVERY, Content, Fact, Handlers
from services.audit.finding import Tally
from services.audit.flags import Flags
from services.audit.rights import Right, Rights

OF_CLIENTS = (
    *("intake/client/", "intake/matter/", "intake/needs/", "intake/route/", "intake/erasure/"),
    *("handover/baton/", "handover/contacts/", "handover/call-back/", "handover/break-glass/", "handover/erasure/"),
    *("benefits/account/", "benefits/erasure/", "benefits/right/"),
)
MASK = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Since:
    """What happened since the heads were taken: whether a version of a stream is in its log by now, and whether benefits went on."""

    recorded: Callable[[str, int], bool]
    moved: Callable[[], bool]


@dataclass(slots=True)
class Told:
    """How many facts concern a client, a number for all of them together, and the rights among them."""

    count: int = 0
    checksum: int = 0
    rights: list[str] = field(default_factory=list)


class Expected:
    """What the views must show at the heads, collected in the same pass as rights and batons."""

    def __init__(self) -> None:
        self.clients: dict[str, Told] = {}
        self.runs: set[str] = set()
        self.teams: set[str] = set()
        self.erased: set[str] = set()
        self.versions: dict[str, int] = {}
        self.flags = Flags()

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {EVERY: self._fact, "intake.client-erased": self._erased, **self.flags.handlers}

    def _erased(self, _fact: Fact, content: Content) -> None:
        self.erased.add(content["client"])

    def _fact(self, fact: Fact, _content: Content) -> None:
        if fact.stream.startswith("benefits/run/"):
            self.runs.add(fact.key)
        if fact.stream.startswith("handover/team/"):
            self.teams.add(fact.key)
        if not fact.stream.startswith(OF_CLIENTS):
            return
        told = self.clients.setdefault(fact.client or fact.key, Told())
        told.count += 1
        told.checksum = (told.checksum + hash((fact.recorded_at, fact.stream, fact.version))) & MASK
        self.versions[fact.stream] = fact.version
        if fact.version == 1 and fact.stream.startswith("benefits/right/"):
            told.rights.append(fact.stream.removeprefix("benefits/right/"))


class Views:
    """Compares rows of the views with what is expected; what was recorded `since` is left out."""

    def __init__(self, expected: Expected, rights: Rights, care: Care, tally: Tally, since: Since) -> None:
        self._expected, self._rights, self._care, self._tally = expected, rights, care, tally
        self._since = since

    def client(self, where: str, client: str, row: Mapping[str, Any] | None) -> None:
        """Compare one row of the contact view, as `where` shows it."""
        self._tally.looked_at()
        told, name = self._expected.clients.get(client), f"{where} of {client}"
        if row is None or client in self._expected.erased:
            gone = told is None or client in self._expected.erased
            self._tally.require(gone if row is None else False, f"{name} is {'not there' if row is None else 'there, and was erased'}")
            return
        try:
            if self._timeline(name, told or Told(), row["timeline"]):
                self._contact(name, client, row["contact"])
                self._baton(name, client, row["baton"])
                shows_flag = self._expected.flags.is_shown(client, row.get("flag"))
                self._tally.require(shows_flag, f"{name} shows another integral flag than was decided")
                self._payouts(name, told.rights if told else [], row["payouts"])
        except (KeyError, TypeError, ValueError):
            self._tally.fault(f"{name} cannot be read")

    def _timeline(self, name: str, told: Told, timeline: list[dict[str, Any]]) -> bool:
        """Whether the row stands where the heads were, so that the rest can be compared."""
        known = [entry for entry in timeline if entry["version"] <= self._expected.versions.get(entry["stream"], 0)]
        for entry in timeline:
            if entry not in known and not self._since.recorded(entry["stream"], entry["version"]):
                self._tally.fault(f"{name} tells {entry['stream']}@{entry['version']}, which is in no log")
        checksum = sum(hash((entry["recorded"], entry["stream"], entry["version"])) for entry in known) & MASK
        complete = (len(known), checksum) == (told.count, told.checksum)
        self._tally.require(complete, f"{name} tells {len(known)} of {told.count} facts, or others")
        return len(known) == len(timeline)

    def _contact(self, name: str, client: str, contact: Mapping[str, Any] | None) -> None:
        baton = self._care.batons.get(client)
        shown = None if contact is None else (contact["team_ref"], contact["contact_person"])
        right = None if baton is None else (baton.team_ref, baton.contact_person)
        self._tally.require(shown == right, f"{name} shows another contact person than the baton")

    def _baton(self, name: str, client: str, shown: Mapping[str, Any] | None) -> None:
        baton = self._care.batons.get(client)
        right = None if baton is None else (baton.team_ref, baton.level, baton.offer)
        told = None if shown is None else (shown["team_ref"], shown["level"], (shown["offer"] or {"offer": 0})["offer"])
        self._tally.require(told == right, f"{name} shows another holder, level or offer than the baton")

    def _payouts(self, name: str, rights: list[str], payouts: Mapping[str, Mapping[str, Any]]) -> None:
        if sorted(rights) != sorted(payouts):
            self._tally.fault(f"{name} shows {len(payouts)} payouts, its rights are {len(rights)}")
            return
        for ref, payout in payouts.items():
            self._payout(name, self._rights.by_ref[ref], payout)

    def _payout(self, name: str, right: Right, payout: Mapping[str, Any]) -> None:
        cents = right.decided_cents
        shown = (payout["state"], payout[f"{right.state}_cents"], payout["attempt"])
        same = shown == (right.state, cents, len(right.attempts))
        self._tally.require(same, f"{name}: {right.right_ref} is {right.state} for {cents} cents, shown {payout['state']}")

    def payouts(self, where: str, client: str, answer: Mapping[str, Any] | None) -> None:
        """Compare the payouts of a client as the read API answers them."""
        self._tally.looked_at()
        if client in self._expected.erased:
            self._tally.require(answer is None, f"{where} of {client} are there, and the client was erased")
            return
        rows = [] if answer is None else answer["payouts"]
        shown = {row["right_ref"]: row for row in rows if row["slots"] == self._slots(row["right_ref"])}
        told = self._expected.clients.get(client, Told())
        moved = {row["right_ref"] for row in rows} - shown.keys()
        for ref in moved:
            stands = max(slot for row in rows if row["right_ref"] == ref for slot in row["slots"].values())
            self._tally.require(
                stands > self._version(ref) and self._since.recorded(f"benefits/right/{ref}", stands), f"{where}: {ref} is behind"
            )
        self._payouts(f"{where} of {client}", [ref for ref in told.rights if ref not in moved], shown)

    def _version(self, right_ref: str) -> int:
        return self._expected.versions.get(f"benefits/right/{right_ref}", 0)

    def _slots(self, right_ref: str) -> dict[str, int]:
        return {f"benefits/right/{right_ref}": self._version(right_ref)}

    def run(self, where: str, run_ref: str, answer: Mapping[str, Any] | None) -> None:
        """Compare what became of a run's money, unless something was recorded since."""
        self._tally.looked_at()
        if answer is None:
            self._tally.fault(f"{where} of {run_ref} is not there")
            return
        for state, shown in answer["payouts"].items():
            rights = [r for r in self._rights.by_ref.values() if r.run_ref == run_ref and r.state == state]
            same = (shown["count"], shown["cents"]) == (len(rights), sum(r.decided_cents for r in rights))
            self._tally.require(
                same or self._since.moved(), f"{where} of {run_ref} shows {shown['count']} payouts {state}, its rights {len(rights)}"
            )

    def keys(self, view: str, shown: Iterable[str]) -> None:
        """Compare which rows a view has with which it must have."""
        wanted: dict[str, Iterable[str]] = {
            "contact-view": self._expected.clients,
            "payout-status": self._rights.by_ref,
            "allowance-run": self._expected.runs,
            "team-directory": self._expected.teams,
        }
        missing = sorted(set(wanted[view]) - set(shown))
        self._tally.looked_at(len(set(wanted[view])))
        for key in missing:
            self._tally.fault(f"view {view} has no row {key}")
