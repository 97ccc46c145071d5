"""Care and youth data are opened by a purpose of a closed, dated list, with its ground, and by nothing else."""

from datetime import date
from itertools import product
from typing import cast, get_args

import pytest

from services.access.caller import Caller, Forbidden, Role
from services.access.region import REGION
from services.access.special import OF_ORGANISATION, OF_SUBJECT, SPECIAL, closed, exported, installed, readings, stated
from services.contracts.matters import Subject
from services.contracts.route import OrganisationKind
from services.contracts.teams import Domain
from services.web.own_lookups import EXPORTERS, Ground

DAY = date(2024, 2, 15)
ROLES = cast("tuple[Role, ...]", get_args(Role))


def somebody(*roles: Role) -> Caller:
    return Caller("s-1", frozenset(roles), REGION)


def test_each_purpose_has_a_ground_in_law_a_source_and_a_day() -> None:
    assert installed()
    assert all(each.legal_basis and each.source and each.from_on for each in installed())
    assert len({each.code for each in installed()}) == len(installed())


def test_special_domains_are_domains_of_teams_and_of_matters() -> None:
    assert set(get_args(Domain)) >= SPECIAL
    assert set(get_args(Subject)) >= set(OF_SUBJECT)
    assert set(get_args(OrganisationKind)) >= set(OF_ORGANISATION)
    assert set(OF_SUBJECT.values()) == set(OF_ORGANISATION.values()) == SPECIAL


@pytest.mark.parametrize(("role", "domain"), [*product(ROLES, sorted(SPECIAL))])
def test_without_a_purpose_nobody_reads_special_data(role: Role, domain: str) -> None:
    with pytest.raises(Forbidden, match="purpose"):
        stated(None, [domain], somebody(role), DAY)


@pytest.mark.parametrize(("role", "purpose", "domain"), [*product(ROLES, [each.code for each in readings()], sorted(SPECIAL))])
def test_a_purpose_opens_its_domains_to_its_roles_alone(role: Role, purpose: str, domain: str) -> None:
    row = next(each for each in installed() if each.code == purpose)
    if domain in row.domains and role in row.roles:
        assert stated(purpose, [domain, "work-income"], somebody(role), DAY) == row
        assert closed(purpose, [domain], somebody(role), DAY) == frozenset()
    else:
        assert closed(purpose, [domain], somebody(role), DAY) == {domain}
        with pytest.raises(Forbidden, match="purpose"):
            stated(purpose, [domain], somebody(role), DAY)


def test_a_purpose_opens_nothing_before_it_is_in_force() -> None:
    with pytest.raises(Forbidden, match="purpose"):
        stated("youth-help", ["youth"], somebody("caseworker"), date(2022, 12, 31))


def test_what_is_not_special_needs_no_purpose() -> None:
    assert stated(None, ["work-income", "debt-help"], somebody("caseworker"), DAY) is None


def test_a_purpose_for_one_domain_does_not_open_a_client_of_two() -> None:
    with pytest.raises(Forbidden, match="purpose"):
        stated("youth-help", ["youth", "wmo"], somebody("caseworker"), DAY)


def test_an_export_is_opened_by_its_ground_alone_and_its_ground_opens_nothing_else() -> None:
    for purpose, role in product(installed(), ROLES):
        if purpose.exports and role in purpose.roles:
            assert exported(purpose.code, somebody(role), DAY) == purpose
            assert closed(purpose.code, SPECIAL, somebody(role), DAY) == SPECIAL
        else:
            with pytest.raises(Forbidden, match="purpose"):
                exported(purpose.code, somebody(role), DAY)


def test_each_ground_of_an_export_is_a_purpose_of_who_may_export() -> None:
    assert {each.code: each.roles for each in installed() if each.exports} == dict.fromkeys(get_args(Ground), frozenset(EXPORTERS))
