"""I1 and I2 for the monthly benefit: every cent of a month is somewhere, once, and nobody owes or is owed what was not decided."""

from collections import defaultdict
from dataclasses import dataclass, field

from services.audit.fact import Content, Fact, Handlers
from services.audit.finding import Tally
from services.audit.rights import Rights

OF_RIGHTS = ("client", "fixed-charge", "attachment")
Payer = tuple[str, str]
"""A client and the municipality that pays."""


@dataclass(slots=True)
class Month:
    """What a month of a client was last decided to be, in cents."""

    sequence: int = 0
    total_cents: int = 0
    reserved_cents: int = 0


@dataclass(slots=True)
class Book:
    """One client's money of the monthly benefit in a municipality, in cents."""

    months: dict[str, Month] = field(default_factory=lambda: defaultdict(Month))
    reserve_cents: int = 0
    advance_cents: int = 0
    paid_upto: str = ""


@dataclass(slots=True)
class Claim:
    """One recovery claim, in cents; `told_by` are the decisions whose letters tell of it."""

    open_cents: int
    municipality: str
    told_by: tuple[str, ...] = ()
    offset_cents: int = 0
    came_in_cents: int = 0
    refund_cents: int = 0


def _payer(content: Content) -> Payer:
    return content["client"], content["municipality"]


class Months:
    """Every month, holiday allowance, advance and claim of the benefits log. Reads behind `Rights` in the same pass."""

    def __init__(self, money: Tally, once: Tally, rights: Rights) -> None:
        self._money, self._once, self._rights = money, once, rights
        self._books: dict[Payer, Book] = defaultdict(Book)
        self._claims: dict[str, Claim] = {}
        self._parts: dict[str, int] = {}
        self._offsets: dict[str, int] = defaultdict(int)
        self._refunds: dict[str, int] = defaultdict(int)
        self._monthly: set[str] = set()
        self._reclaimed: dict[str, int] = {}
        self._advance_claims: dict[str, int] = {}
        self._too_much: dict[tuple[Payer, str], int] = {}
        self._claimed: dict[tuple[Payer, str], int] = defaultdict(int)
        self._letters: dict[str, str] = {}
        self._promised: dict[str, str] = {}
        self._met: dict[tuple[str, str, Payer], int] = defaultdict(int)
        self._set_aside: dict[tuple[str, str, Payer], int] = defaultdict(int)

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {
            "benefits.benefit-taken-over": self._taken_over,
            "benefits.month-decided": self._month,
            "benefits.holiday-allowance-decided": self._holiday,
            "benefits.advance-decided": self._advance,
            "benefits.benefit-refused": self._refused,
            "benefits.benefit-granted": self._advances_back,
            "benefits.advances-reclaimed": self._reclaimed_in_run,
            "benefits.monthly-right-granted": self._granted,
            "benefits.recovery-opened": self._opened,
            "benefits.recovery-offset": self._offset,
            "benefits.decision-notified": self._told,
            "benefits.run-prepared": self._prepared,
            "benefits.recovery-repaid": self._repaid,
            "benefits.monthly-right-set-off": self._set_off,
            "benefits.recovery-written-off": self._less,
            "benefits.recovery-reduced": self._reduced,
            "benefits.refund-decided": self._refunded,
        }

    def _taken_over(self, _fact: Fact, content: Content) -> None:
        book = self._books[_payer(content)]
        book.paid_upto, book.reserve_cents = content["upto"], book.reserve_cents + content["reserve_cents"]

    def _month(self, fact: Fact, content: Content) -> None:
        book, amounts = self._books[_payer(content)], content["amounts"]
        before = book.months[content["month"]]
        self._once.looked_at()
        follows = content["sequence"] == before.sequence + 1
        self._once.require(follows, f"{fact.name} decides {content['month']} as {content['sequence']}, after {before.sequence}")
        self._once.require(content["month"] > book.paid_upto, f"{fact.name} decides {content['month']}, which was paid before this system")
        parts_cents = self._spread(fact, content)
        lowered = max(0, before.reserved_cents - amounts["reserved_cents"]) - content["reserve_claimed_cents"]
        came_to = before.total_cents + parts_cents - content["too_much_cents"] - lowered
        self._money.require(
            came_to == amounts["total_cents"],
            f"{fact.name}: parts of {content['month']} come to {came_to} cents, the month to {amounts['total_cents']}",
        )
        if content["too_much_cents"]:
            self._too_much[_payer(content), f"{content['month']}/{content['sequence']}"] = content["too_much_cents"]
        settled = sum(part["cents"] for part in content["parts"] if part["kind"] == "advance")
        book.advance_cents -= settled
        book.reserve_cents += amounts["reserved_cents"] - before.reserved_cents + content["reserve_claimed_cents"]
        book.months[content["month"]] = Month(content["sequence"], amounts["total_cents"], amounts["reserved_cents"])
        self._not_below(fact, book)

    def _holiday(self, fact: Fact, content: Content) -> None:
        book, parts_cents = self._books[_payer(content)], self._spread(fact, content)
        self._money.require(parts_cents == content["cents"], f"{fact.name}: parts are {parts_cents} cents, decided {content['cents']}")
        book.reserve_cents -= content["cents"]
        self._not_below(fact, book)

    def _advance(self, fact: Fact, content: Content) -> None:
        book, parts_cents = self._books[_payer(content)], self._spread(fact, content)
        self._money.require(parts_cents == content["cents"], f"{fact.name}: parts are {parts_cents} cents, decided {content['cents']}")
        book.advance_cents += content["cents"]

    def _refused(self, fact: Fact, content: Content) -> None:
        self._advances_back(fact, content)
        book = self._books[_payer(content)]
        self._money.require(book.advance_cents == 0, f"{fact.name} refuses and leaves {book.advance_cents} cents of advances open")

    def _advances_back(self, fact: Fact, content: Content) -> None:
        """A decision that claims advances back; one without advances has nothing to claim."""
        cents = content.get("reclaimed_cents", 0)
        if cents:
            self._back(fact, content, content["decision_ref"], cents)

    def _reclaimed_in_run(self, fact: Fact, content: Content) -> None:
        self._back(fact, content, content["claim_ref"], content["cents"])

    def _back(self, fact: Fact, content: Content, name: str, cents: int) -> None:
        book = self._books[_payer(content)]
        self._money.looked_at()
        book.advance_cents -= cents
        self._reclaimed[name] = cents
        self._not_below(fact, book)

    def _not_below(self, fact: Fact, book: Book) -> None:
        self._money.require(book.reserve_cents >= 0, f"{fact.name} leaves a holiday reserve of {book.reserve_cents} cents")
        self._money.require(book.advance_cents >= 0, f"{fact.name} settles more advances than there were")

    def _spread(self, fact: Fact, content: Content) -> int:
        """The sum of the parts, each put down under its right or claim."""
        self._money.looked_at()
        for part in content["parts"]:
            if part["kind"] in OF_RIGHTS:
                self._money.require(part["ref"] not in self._parts, f"{fact.name} gives {part['ref']} cents a second time")
                self._parts[part["ref"]] = part["cents"]
            elif part["kind"] == "recovery":
                self._offsets[part["ref"]] += part["cents"]
        return sum(part["cents"] for part in content["parts"])

    def _granted(self, _fact: Fact, content: Content) -> None:
        self._monthly.add(content["right_ref"])

    def _opened(self, fact: Fact, content: Content) -> None:
        told_by = (content["claim_ref"], *([content["decision_ref"]] if content["ground"].startswith("advance-") else []))
        self._claims[content["claim_ref"]] = Claim(content["amount_cents"], content["municipality"], told_by)
        if content["ground"].startswith("advance-"):
            # A run claims under the claim's own name, a person's decision under the decision's.
            in_run = content["decision_ref"].partition("/")[1]
            self._advance_claims[content["claim_ref" if in_run else "decision_ref"]] = content["amount_cents"]
        else:
            self._opened_on_months(fact, content)

    def _opened_on_months(self, fact: Fact, content: Content) -> None:
        """A claim of a run names its months; one from before it did names the month in its decision, one of a person none."""
        months = {f"{each['month']}/{each['sequence']}": each["cents"] for each in content.get("months", ())}
        if months:
            adds_up = sum(months.values()) == content["amount_cents"]
            self._money.require(adds_up, f"{fact.name} claims {content['amount_cents']} cents, its months are {sum(months.values())}")
        elif "/" in content["decision_ref"]:
            months = {content["decision_ref"]: content["amount_cents"]}
        for month, cents in months.items():
            self._claimed[_payer(content), month] += cents

    def _told(self, _fact: Fact, content: Content) -> None:
        ref = content["decision_ref"]
        self._letters[ref] = min(self._letters.get(ref, content["notified_on"]), content["notified_on"])

    def _prepared(self, _fact: Fact, content: Content) -> None:
        self._promised[content["run_ref"]] = content["promised_on"]

    def _offset(self, fact: Fact, content: Content) -> None:
        """Nothing is taken for a claim on a day that its letter did not leave before (Awb art. 3:40)."""
        self._less(fact, content)
        claim, promised_on = self._claims.get(content["claim_ref"]), self._promised.get(content["run_ref"])
        letters = [self._letters[name] for name in (claim.told_by if claim else ()) if name in self._letters]
        early = promised_on is not None and not any(left_on < promised_on for left_on in letters)
        self._money.require(not early, f"{fact.name} takes cents for {content['claim_ref']} before its letter left")
        own = claim is None or claim.municipality == content["municipality"]
        self._money.require(own, f"{fact.name} takes cents in {content['municipality']} for a claim of another municipality")

    def _less(self, fact: Fact, content: Content) -> None:
        claim = self._claims.get(content["claim_ref"])
        self._money.looked_at()
        if claim is None:
            self._money.fault(f"{fact.name} takes cents off a claim that was not opened")
            return
        claim.open_cents -= content["amount_cents"]
        kind = fact.type.split(".")[-2]
        claim.offset_cents += content["amount_cents"] if kind == "recovery-offset" else 0
        claim.came_in_cents += content["amount_cents"] if kind in ("recovery-offset", "recovery-repaid") else 0
        self._money.require(claim.open_cents >= 0, f"{fact.name} takes more off {content['claim_ref']} than was open")

    def _repaid(self, fact: Fact, content: Content) -> None:
        """A right that was set off is money that came in; what of it is more than was open is to be given back."""
        self._less(fact, content)
        claim, right_ref = self._claims.get(content["claim_ref"]), content.get("right_ref", "")
        if right_ref and claim is not None:
            more_cents = content["refund_cents"]
            claim.came_in_cents, claim.refund_cents = claim.came_in_cents + more_cents, claim.refund_cents + more_cents
            self._met[right_ref, content["claim_ref"], _payer(content)] += content["amount_cents"] + more_cents

    def _set_off(self, _fact: Fact, content: Content) -> None:
        self._set_aside[content["right_ref"], content["claim_ref"], _payer(content)] += content["amount_cents"]

    def _reduced(self, fact: Fact, content: Content) -> None:
        """What had come in is given up as well, and never more than that."""
        self._less(fact, content)
        claim = self._claims.get(content["claim_ref"])
        if claim is not None:
            claim.refund_cents += content["refund_cents"]
            kept = claim.came_in_cents - claim.refund_cents
            fits = kept >= 0 and (not content["refund_cents"] or kept == content["claim_cents"])
            self._money.require(
                fits, f"{fact.name} gives {content['refund_cents']} cents back and leaves {kept} of {content['claim_cents']}"
            )

    def _refunded(self, fact: Fact, content: Content) -> None:
        parts_cents, claim_ref = self._spread(fact, content), content["claim_ref"]
        self._money.require(parts_cents == content["cents"], f"{fact.name}: parts are {parts_cents} cents, decided {content['cents']}")
        self._refunds[claim_ref] += content["cents"]
        claim = self._claims.get(claim_ref)
        most = claim.refund_cents if claim is not None else 0
        self._money.require(self._refunds[claim_ref] <= most, f"{fact.name} pays back more of {claim_ref} than the {most} cents given up")

    def conclude(self) -> None:
        """Compare parts with rights and offsets: what a decision gives is what is paid or taken off."""
        for ref in sorted({*self._parts, *self._monthly}):
            right = self._rights.by_ref.get(ref)
            decided = right.decided_cents if right is not None and ref in self._monthly else None
            given = self._parts.get(ref)
            self._money.require(decided == given, f"right {ref} is {decided} cents, its decision gives it {given}")
        for name in sorted({*self._reclaimed, *self._advance_claims}):
            back, claimed = self._reclaimed.get(name), self._advance_claims.get(name)
            self._money.require(back == claimed, f"advances: {name} takes {back} cents back, the claim on them is {claimed}")
        for payer, month in sorted({*self._too_much, *self._claimed}):
            too_much, claimed = self._too_much.get((payer, month)), self._claimed.get((payer, month))
            self._money.require(
                too_much == claimed, f"{month} of {payer[0]} in {payer[1]} came to {too_much} cents less, {claimed} are claimed for it"
            )
        for place in sorted({*self._met, *self._set_aside}):
            met, gone = self._met.get(place), self._set_aside.get(place)
            self._money.require(met == gone, f"claim {place[1]} was met with {met} cents of {place[0]}, of which {gone} were set off")
        for claim_ref in sorted({*self._offsets, *self._claims}):
            claim = self._claims.get(claim_ref)
            taken = claim.offset_cents if claim else None
            given = self._offsets.get(claim_ref, 0)
            self._money.require(taken == given, f"claim {claim_ref} was offset by {taken} cents, decisions took {given} for it")
