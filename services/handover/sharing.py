"""What may be shared at a handover: no more than its purpose needs, and between two domains only on a recorded legal basis."""

from services.eventlog.decider import Refused
from services.handover.commands import OfferBaton
from services.handover.team import Team


def may_share(sender: Team, receiver: Team, command: OfferBaton) -> Refused | None:
    """A refusal, unless the policy in force allows it."""
    today = command.acting.today
    purpose = command.rules.purpose(command.purpose, today)
    if purpose is None:
        return Refused("purpose-unknown", "no policy in force knows this purpose; see policies/sharing.toml")
    too_much = sorted(set(command.shares) - set(purpose.shares))
    if too_much:
        return Refused("more-than-needed", f"this purpose does not need {', '.join(too_much)}")
    basis = command.rules.legal_basis(command.legal_basis, today)
    if basis is None:
        return Refused("legal-basis-unknown", "no policy in force knows this legal basis; see policies/sharing.toml")
    if not basis.allows(sender.domain, receiver.domain):
        return Refused("domain-not-crossed", f"{basis.code} does not let data go from {sender.domain} to {receiver.domain}")
    if basis.needs_consent and sender.domain != receiver.domain and command.consent_ref is None:
        return Refused("consent-not-recorded", "record the consent of the client and name its reference")
    return None
