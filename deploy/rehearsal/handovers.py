"""One client of each municipality goes to a second team, so that a handover can be seen in the views and in ClickHouse."""

from collections.abc import Iterable

from deploy.rehearsal.desks import Desk
from deploy.rehearsal.teams import held

LOOKED_AT = 60
OFFER = {"purpose": "guide-to-work", "legal_basis": "same-task", "shares": ["reference", "contact-history"]}


def hand_over(sender: Desk, receiver: Desk, clients: Iterable[str]) -> int:
    """Offered by one coordinator and accepted by another; how many. Raises `Turned`."""
    chosen = _one_of_each_municipality(sender, list(clients)[:LOOKED_AT])
    for municipality, client in sorted(chosen.items()):
        _hand_over(sender, receiver, municipality, client)
    return len(chosen)


def _one_of_each_municipality(desk: Desk, clients: list[str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for client in clients:
        chosen.setdefault(held(desk, client)["municipality"], client)
    return chosen


def _hand_over(sender: Desk, receiver: Desk, municipality: str, client: str) -> None:
    team = {"municipality": municipality, "organisation": "region", "on": "2023-01-01"}
    to_team_ref = sender.post("/v1/teams", f"form-second-{municipality}", team)["refs"]["team_ref"]
    guide = {"staff_ref": f"s-{municipality.lower()}-guide", "on": "2023-01-01"}
    sender.post(f"/v1/teams/{to_team_ref}/staff", f"join-{guide['staff_ref']}", guide)
    path = f"/v1/clients/{client}/offers"
    offered = sender.post(path, f"offer-{client}", {**OFFER, "to_team_ref": to_team_ref})
    accepted = {"contact_person": guide["staff_ref"]}
    receiver.post(f"{path}/{offered['refs']['offer']}/acceptances", f"accept-{client}", accepted)
