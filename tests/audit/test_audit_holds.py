"""Where nothing is wrong the audit says so, thirteen times, and says how much it looked at."""

from services.audit.finding import Verdict
from tests.audit.world import World


def test_every_invariant_of_a_right_backbone_holds(backbone: World) -> None:
    findings = backbone.audit()
    assert {name: finding.detail for name, finding in findings.items() if not finding.holds} == {}
    assert list(findings) == [f"I{number}" for number in range(1, 14)]
    assert all(finding.checked > 0 for finding in findings.values())
    assert Verdict(list(findings.values())).hold
