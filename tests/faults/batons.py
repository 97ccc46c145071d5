"""Row `batons`: clients go to other teams, a caseload to colleagues, and reports come in, all twice at once while a service is killed."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from deploy.rehearsal.desks import Desk, Turned
from deploy.rehearsal.handovers import OFFER
from deploy.rehearsal.teams import form_teams, held
from tests.faults import points
from tests.faults.board import Board
from tests.faults.killing import MET_SECONDS, OTHERS, at_random, beside, ended
from tests.faults.load import moving
from tests.faults.orders import Order
from tests.faults.site import Site, no_bars
from tests.faults.stage import Failed, until

ROW = "batons"
SINCE = "2023-01-01"
GUIDES = ("guide-1", "guide-2")
FROM = "s-gm0361-1"
MUNICIPALITY = "GM0361"
COMING_SECONDS, VIEW_SECONDS = 60.0, 30.0


def _killed(site: Site, board: Board, name: str, point: str, what: str, deed: Callable[[], object]) -> None:
    """The deed holds although the process dies at the point, at the latest of the load that goes on."""
    orders = site.stage.orders(name)
    with board.cell(ROW, f"{name} {point}, {what}"):
        met = len(orders.done())
        orders.place([Order(point)])
        deed()
        if not orders.wait_for(met + 1, MET_SECONDS):
            orders.place([])
            raise Failed("the point was never passed")
        site.stage.until_ready(name)


def _second_team(desk: Desk) -> str:
    body = {"municipality": MUNICIPALITY, "organisation": "region", "on": SINCE}
    team = str(desk.post("/v1/teams", "form-second", body)["refs"]["team_ref"])
    for guide in GUIDES:
        desk.post(f"/v1/teams/{team}/staff", f"join-{guide}", {"staff_ref": f"s-{guide}", "on": SINCE})
    return team


def _outcome(deed: Callable[[], Any]) -> str:
    try:
        deed()
    except Turned as refused:
        return next(
            (reason for reason in ("already-accepted", "already-declined", "already-withdrawn") if reason in str(refused)), str(refused)
        )
    return "done"


def _answered_twice(site: Site, team: str, client: str) -> None:
    """An offer, then two acceptances and a withdrawal at the same moment: one of them is done, and the baton lies where that says."""
    sender, receiver, path = site.story.staff.teams, site.story.staff.receiver, f"/v1/clients/{client}/offers"
    before = held(sender, client)
    offer = f"{path}/{sender.post(path, f'offer-{client}', {**OFFER, 'to_team_ref': team})['refs']['offer']}"
    deeds: dict[str, Callable[[], Any]] = {
        guide: partial(receiver.post, f"{offer}/acceptances", f"accept-{guide}-{client}", {"contact_person": f"s-{guide}"})
        for guide in GUIDES
    }
    deeds["withdrawn"] = partial(sender.post, f"{offer}/withdrawals", f"withdraw-{client}", {"reason": "other"})
    told: dict[str, str] = {}
    beside({name: partial(lambda name, deed: told.update({name: _outcome(deed)}), name, deed) for name, deed in deeds.items()})
    won = [name for name, outcome in told.items() if outcome == "done"]
    lost = Counter(outcome for outcome in told.values() if outcome != "done")
    if len(won) != 1 or len(told) != len(deeds) or not lost.keys() <= {"already-accepted", "already-withdrawn"}:
        raise Failed(f"not one of three: {told}")
    after = held(sender, client)
    expected = (before["team_ref"], before["contact_person"]) if won == ["withdrawn"] else (team, f"s-{won[0]}")
    if (after["team_ref"], after["contact_person"]) != expected:
        raise Failed(f"{won[0]} was done, and the baton is with {after}")


def _reported_twice(site: Site, client: str) -> None:
    """The same need is told at the desk and on the telephone at the same moment: one matter."""
    desk, told = site.story.staff.intake, list[str]()

    def report(channel: str) -> None:
        body = {"subject": "debt-help", "channel": channel, "reported_on": "2024-03-04"}
        told.append(str(desk.post(f"/v1/clients/{client}/reports", f"{channel}-{client}", body)["stream"]))

    beside({channel: partial(report, channel) for channel in ("desk", "telephone")})
    if len(told) != 2 or len(set(told)) != 1:
        raise Failed(f"two reports came to {told}")


def _reassigned(site: Site, team: str) -> None:
    """Nobody of a whole caseload is left with the colleague, whatever was carried out when handover died."""
    desk = site.story.staff.teams
    caseload = [client for client in _clients(site) if held(desk, client)["contact_person"] == FROM]
    order = {"from_staff": FROM, "reason": "workload"}
    desk.post(f"/v1/teams/{team}/reassignments", f"reassign-{FROM}", order)
    left = [client for client in caseload if held(desk, client)["contact_person"] == FROM]
    if not caseload or left:
        raise Failed(f"of {len(caseload)} clients {len(left)} are still with {FROM}")


def _clients(site: Site) -> list[str]:
    """Everybody in care in the municipality by now, who came first before who came later."""
    return site.told("handover", "baton-opened", MUNICIPALITY)


def _shown(site: Site) -> None:
    """The contact view says of every client what handover says."""
    staff, url = site.story.staff, f"http://{site.settings.host}:{site.settings.views_port}"
    views = Desk(staff.teams.http, url, staff.teams.token)
    for client in _clients(site):
        baton = held(staff.teams, client)
        wanted = (baton["team_ref"], baton["contact_person"])

        def agrees(client: str = client, wanted: tuple[str, str] = wanted) -> bool:
            with suppress(Turned, KeyError, TypeError):
                seen = views.get(f"/v1/clients/{client}")
                return (seen["baton"]["team_ref"], seen["contact"]["contact_person"]) == wanted
            return False

        until(agrees, VIEW_SECONDS, f"the contact view shows {wanted} for {client}")


def batons(site: Site, board: Board) -> None:
    """The whole row."""
    story = site.story
    form_teams(story.staff.teams, no_bars)
    site.load.start()
    until(lambda: len(_clients(site)) > 2 * len(points.SERVICE), COMING_SECONDS, "enough clients came into care")
    clients, team = iter(_clients(site)), _second_team(story.staff.teams)
    for point in points.SERVICE:
        _killed(site, board, "handover", point, "accepted twice and withdrawn at once", partial(_answered_twice, site, team, next(clients)))
    for point in points.SERVICE:
        _killed(site, board, "intake", point, "reported twice at once: one matter", partial(_reported_twice, site, next(clients)))
    first = str(
        story.staff.teams.post("/v1/teams", f"form-{MUNICIPALITY}", {"municipality": MUNICIPALITY, "organisation": "region", "on": SINCE})[
            "refs"
        ]["team_ref"]
    )
    _killed(site, board, "handover", "log:before-commit", "a whole caseload to colleagues", partial(_reassigned, site, first))
    with at_random(site, board, OTHERS, ROW):
        moving(site.load, 30)
    ended(site, board, ROW, lambda: _shown(site))
