"""The letter of a decision: its text from a template, in Dutch, for the vault and the client only."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import Template
from typing import Any

from services.contracts.monthly import BenefitDecision, BenefitGranted
from services.contracts.monthly_money import RecoveryOpened

LETTERS = Path(__file__).with_name("letters.toml")
MONEY = {"reclaimed_cents": "reclaimed_euros", "cents_per_month": "charge_euros", "amount_cents": "claim_euros"}


@dataclass(frozen=True, slots=True)
class Letters:
    """Texts by kind of decision."""

    opening: str
    closing: str
    texts: Mapping[str, str]

    def text(self, decision: BenefitDecision, objection_until: date) -> str:
        """The whole letter; raises `KeyError` for a decision without a text or a text that asks for what is not there."""
        return self._letter(_text_of(decision), decision.model_dump() | {"reason": _words(decision.reason_code)}, objection_until)

    def claim_text(self, claim: RecoveryOpened, objection_until: date) -> str:
        """The letter of a recovery claim or a fine, by its ground; raises as `text`."""
        months = ", ".join(each.month for each in claim.months) or _words(claim.ground)
        return self._letter(f"claim-{claim.ground}", claim.model_dump() | {"months": months}, objection_until)

    def _letter(self, text: str, said: Mapping[str, Any], objection_until: date) -> str:
        euros = {name: _euros(said[cents]) for cents, name in MONEY.items() if cents in said}
        body = Template(self.texts[text]).substitute({**said, **euros})
        closing = Template(self.closing).substitute(objection_until=objection_until)
        return f"{self.opening}\n\n{body}\n\n{closing}"


def kind(decision: BenefitDecision) -> str:
    """Such as `benefit-granted`."""
    return decision.TYPE.split(".")[3]


def _text_of(decision: BenefitDecision) -> str:
    return "benefit-granted-less-advances" if isinstance(decision, BenefitGranted) and decision.reclaimed_cents else kind(decision)


def _words(code: str) -> str:
    return code.replace("-", " ")


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"


def installed(path: Path = LETTERS) -> Letters:
    """The texts in a file."""
    content = tomllib.loads(path.read_text())
    return Letters(content["opening"], content["closing"], content["texts"])
