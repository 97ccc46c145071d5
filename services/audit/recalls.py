"""Recall files: what asks a bank for money back was asked by somebody, once, and leaves a second time only with another person."""

from collections import defaultdict

from services.audit.fact import Content, Fact, Handlers
from services.audit.finding import Tally


class Recalls:
    """Recalls that were recorded and the files that they left in, by run."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._open: set[tuple[str, int]] = set()
        self._sent: dict[tuple[str, int], tuple[str, int]] = {}
        self._asked: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._takers: dict[str, list[str]] = defaultdict(list)
        self._upto: dict[tuple[str, str], int] = {}
        self._told: dict[str, int] = defaultdict(int)

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {
            "benefits.payment-instructed": self._instructed,
            "benefits.payment-recall-asked": self._recall,
            "benefits.payment-recall-answered": self._answered,
            "benefits.recall-file-handed-over": self._left,
        }

    def _instructed(self, _fact: Fact, content: Content) -> None:
        run = content["message_id"].rpartition("-")[0]
        self._sent[content["right_ref"], content["attempt"]] = (run, content["amount_cents"])

    def _recall(self, fact: Fact, content: Content) -> None:
        sent = self._sent.get((content["right_ref"], content["attempt"]))
        self._tally.looked_at()
        if sent is None:
            self._tally.fault(f"{fact.name} asks a payment back that was never instructed")
            return
        self._asked[sent[0]].append((fact.position, sent[1]))
        self._open.add((content["right_ref"], content["attempt"]))

    def _answered(self, fact: Fact, content: Content) -> None:
        """Only what was asked is answered, and a last word is the last."""
        payment = content["right_ref"], content["attempt"]
        self._tally.looked_at()
        self._tally.require(payment in self._open, f"{fact.name} answers a recall that nobody asked, or that was answered before")
        if content["outcome"] != "pending":
            self._open.discard(payment)

    def _left(self, fact: Fact, content: Content) -> None:
        name, run, account = content["message_id"], content["run_ref"], content["debtor_fingerprint"]
        self._tally.looked_at()
        self._tally.require(content["handed_to"] not in self._takers[name], f"{fact.name} hands {name} to the same person again")
        self._takers[name].append(content["handed_to"])
        if len(self._takers[name]) > 1:
            return
        before = self._upto.get((run, account), 0)
        self._tally.require(
            content["after_position"] == before, f"{fact.name} begins at {content['after_position']}, the file before it ended at {before}"
        )
        self._upto[run, account] = content["upto_position"]
        self._told[run] += content["total_cents"]
        asked = sum(cents for position, cents in self._asked[run] if position <= content["upto_position"])
        told = self._told[run]
        self._tally.require(told <= asked, f"{fact.name}: files of {run} ask {told} cents back, {asked} were to be asked")
