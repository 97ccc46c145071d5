"""Caseworkers at their desks: what a month brings their clients becomes applications, decisions, letters and forms."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from deploy.region.addresses import AddressBook
from deploy.region.benefit_clients import BenefitClient
from deploy.region.chance import dice
from deploy.region.happenings import Happening, account_comes, happenings
from deploy.rehearsal.desks import Advance, Desk, Turned
from deploy.rehearsal.runs import Bars
from deploy.rehearsal.staff import Staff
from deploy.rehearsal.teams import held

AT_ONCE = 8
"""Caseworkers who work side by side."""


@dataclass
class Caseworkers:
    """What they know of each client by BSN: the references of client and household, and the last decision taken."""

    staff: Staff
    clients: Sequence[BenefitClient]
    firsts: Sequence[date]
    seed: int
    bars: Bars
    refs: dict[str, dict[str, str]] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def month(self, number: int, today: date) -> None:
        """Everything that this month brings: new clients, their accounts, then each client by itself."""
        self._register([each for each in self.clients if each.starts == number])
        self._bind([each for each in self.clients if account_comes(each) == number])
        due = [(each, list(happenings(each, number, self.firsts))) for each in self.clients]
        self.decide([(client, told) for client, told in due if told], today)

    def decide(self, due: Sequence[tuple[BenefitClient, Sequence[Happening]]], today: date) -> None:
        """Several clients at a time, each client's things in order."""
        advance = self.bars("caseworkers", len(due))
        with ThreadPoolExecutor(AT_ONCE) as desks:
            for _ in desks.map(partial(self._client, today=today, advance=advance), due):
                pass

    def write_of_claims(self, today: date) -> None:
        """Whoever must pay something back has a letter of it before anything is taken; what never reached them is set off first."""
        while waiting := [each for each in self.staff.accounts.get("/v1/recoveries")["claims"] if each["came_back"]]:
            claim, right = waiting[0], waiting[0]["came_back"][0]
            self.staff.accounts.post(f"/v1/recoveries/{claim['claim_ref']}/set-offs", f"set-off-{right}", {"right_ref": right})
            self.done["set off"] += 1
        for claim in self.staff.accounts.get("/v1/recoveries")["claims"]:
            self.done["letters of claims"] += 1
            self._tell(f"/v1/benefits/{claim['client']}", claim["claim_ref"], today)

    def _register(self, new: Sequence[BenefitClient]) -> None:
        lines = [json.dumps(each.household).encode() for each in new]
        answers = self.staff.intake.bulk("/v1/households/_bulk", lines, self.bars("households", len(lines)))
        for client, answered in zip(new, answers, strict=True):
            self.refs[bsn_of(client)] = answered["refs"]
        # Before the clock is turned everybody has a contact person: that takes a moment, and not a night.
        with ThreadPoolExecutor(AT_ONCE) as desks:
            for _ in desks.map(lambda each: held(self.staff.teams, self.refs[bsn_of(each)]["client"]), new):
                pass

    def _bind(self, new: Sequence[BenefitClient]) -> None:
        lines = [self._account(each, each.account["iban"], each.account["id"]) for each in new]
        _deliver(self.staff.accounts, "/v1/accounts/_bulk", lines, self.bars("accounts", len(lines)))

    def _account(self, client: BenefitClient, iban: str, line_id: str) -> dict[str, str]:
        said = {"client": self.refs[bsn_of(client)]["client"], "municipality": client.household["municipality"]}
        return {"id": line_id, **said, "iban": iban, "holder_name": client.account["holder_name"]}

    def left(self, waiting: Sequence[str], number: int, today: date) -> list[str]:
        """Of the clients whose money came back, one of whom nothing more is to come went abroad before the month: who stays."""
        by_ref, later = self._by_ref(), range(number + 1, len(self.firsts))
        quiet = [ref for ref in waiting if not any(list(happenings(by_ref[ref], month, self.firsts)) for month in later)]
        for ref in quiet[:1]:
            granted = next(
                each for each in self.staff.accounts.get(f"/v1/benefits/{ref}")["decisions"] if each["kind"] == "benefit-granted"
            )
            said = {"effective_on": max(self.firsts[number].isoformat(), granted["effective_on"]), "reason_code": "moved-abroad"}
            answer = self.staff.accounts.post(f"/v1/benefits/{ref}/withdrawals", f"left-{ref}", said)
            self._tell(f"/v1/benefits/{ref}", answer["refs"]["decision_ref"], today)
            self.done["left before the month"] += 1
        return [ref for ref in waiting if ref not in quiet[:1]]

    def _by_ref(self) -> dict[str, BenefitClient]:
        return {self.refs[bsn_of(each)]["client"]: each for each in self.clients if bsn_of(each) in self.refs}

    def other_accounts(self, waiting: Sequence[str], number: int) -> int:
        """Clients whose money came back name another account, and a second person types it from the evidence; how many."""
        by_ref = self._by_ref()
        lines = [self._account(by_ref[ref], by_ref[ref].third, f"again-{number}-{ref}") for ref in waiting]
        _deliver(self.staff.accounts, "/v1/accounts/_bulk", lines, self.bars("other accounts", len(lines)))
        for line in lines:
            said = {name: line[name] for name in ("client", "municipality", "iban")}
            self.staff.second_officer.post("/v1/accounts/confirmations", f"confirm-{line['id']}", said)
        return len(lines)

    def _client(self, due: tuple[BenefitClient, Sequence[Happening]], today: date, advance: Advance) -> None:
        client, told = due
        for number, happening in enumerate(told):
            self.done[happening.collection] += 1
            if happening.collection == "moves":
                self._move(client, happening.body)
            else:
                self._post(client, happening, today, number)
        advance(1)

    def _post(self, client: BenefitClient, happening: Happening, today: date, number: int) -> None:
        refs, home = self.refs[bsn_of(client)], f"/v1/benefits/{self.refs[bsn_of(client)]['client']}"
        desk = self.staff.judge if happening.by == "colleague" else self.staff.accounts
        key = f"{happening.collection}-{today}-{number}-{refs['client']}"
        answer = desk.post(f"{home}/{happening.collection}", key, self._body(refs, happening, today))
        decision = answer.get("refs", {}).get("decision_ref")
        if decision is not None and happening.collection not in ("notifications", "objections", "objection-decisions"):
            self.last[refs["client"]] = decision
        if decision is not None and happening.told:
            self._tell(home, decision, today)

    def _body(self, refs: Mapping[str, str], happening: Happening, today: date) -> dict[str, Any]:
        """What the happening says, and what only who posts it knows."""
        match happening.collection:
            case "applications":
                return {**happening.body, "household_ref": refs["household_ref"]}
            case "notifications":
                return {"decision_ref": self.last[refs["client"]], "notified_on": today.isoformat()}
            case "objections":
                return {**happening.body, "decision_ref": self.last[refs["client"]]}
            case _:
                return dict(happening.body)

    def _tell(self, home: str, decision: str, today: date) -> None:
        said = {"decision_ref": decision, "notified_on": today.isoformat()}
        self.staff.accounts.post(f"{home}/notifications", f"letter-{decision}", said)

    def _move(self, client: BenefitClient, told: Mapping[str, Any]) -> None:
        """The whole household, to an address that nobody has."""
        address = AddressBook(dice(self.seed, f"move/{bsn_of(client)}")).issue(told["municipality"], dice(self.seed, bsn_of(client)))
        line = {"id": f"move-{client.account['id']}", "kind": "move", **told, "address": address}
        line["bsn"] = [member["bsn"] for member in client.household["members"]]
        _deliver(self.staff.intake, "/v1/changes/_bulk", [line], lambda _number: None)


def bsn_of(client: BenefitClient) -> str:
    """The client's citizen service number, by which the municipality knows them."""
    return client.account["bsn"]


def _deliver(desk: Desk, path: str, lines: Sequence[Mapping[str, Any]], advance: Advance) -> None:
    """Bring lines, each of which must be taken; raises `Turned`."""
    for line, answered in zip(lines, desk.bulk(path, [json.dumps(line).encode() for line in lines], advance), strict=True):
        if answered["outcome"] not in ("accepted", "unchanged"):
            raise Turned(f"{path}: line {line['id']} was not taken: {answered}")
