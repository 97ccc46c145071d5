"""Each service answers what its own description allows, and what it does not allow it refuses as the description says."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, response_headers_conformance, status_code_conformance

from deploy.access_matrix import ROLES
from services.web.bulk import NDJSON
from streams import reader
from tests.access.doors import MAKERS
from tests.access.doors import door as open_door
from tests.benefits.a_region import ALL
from tests.strangers import Asked, anything, proper


@schemathesis.serializer(NDJSON)
def as_lines(_context: object, value: object) -> bytes:
    """A text of lines as it is."""
    return str(value).encode("utf-8", "replace")


def waits_at_most(context: Any, response: Any, case: Any) -> bool | None:  # noqa: ANN401 - a check of schemathesis
    """A view that lacks the version which a caller asks for says so after a while (503), and nothing else goes wrong."""
    told = response.status_code == 503 and response.json()["title"] == "unavailable" and "atLeastVersion" in (case.query or {})
    return None if told else not_a_server_error(context, response, case)


CHECKS = [waits_at_most, status_code_conformance, content_type_conformance, response_headers_conformance]
EXAMPLES = settings(
    max_examples=8, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
Door = tuple[FastAPI, dict[str, str]]


@pytest.fixture(scope="module", params=sorted(MAKERS))
def door(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """An app with one of everything behind it, and the token of somebody who may do everything."""
    made = open_door(request.param, tmp_path_factory.mktemp(request.param))
    with pytest.MonkeyPatch.context() as patience:
        patience.setattr(reader, "WAIT_SECONDS", 0.1)
        yield made.app, {"Authorization": f"Bearer {made.issuer.token('s-1', ROLES, ALL)}"}
    made.processing.close()


def test_what_the_description_allows_is_answered_as_it_says(door: Door) -> None:
    app, token = door
    described = schemathesis.openapi.from_asgi("/v1/openapi.json", app)
    for found in described.get_all_operations():
        assert isinstance(found, Ok), found

        @given(case=found.ok().as_strategy())
        @EXAMPLES
        def answered(case: Any) -> None:  # noqa: ANN401 - generic in what no test names
            case.call_and_validate(headers=token, checks=CHECKS)

        answered()


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked_of_a_described_route_the_answer_is_proper(door: Door, data: st.DataObject) -> None:
    app, token = door
    paths = sorted(path.replace("{", "").replace("}", "") for path in app.openapi()["paths"])
    asked: Asked = data.draw(anything(st.sampled_from(paths)))
    assert proper(app, asked, token) < 500


def test_what_is_no_json_is_described_as_what_it_is(door: Door) -> None:
    posts = {name: each["post"]["responses"] for name, each in door[0].openapi()["paths"].items() if "post" in each}
    lines = [list(answers["200"]["content"]) for name, answers in posts.items() if name.endswith("_bulk")]
    files = [list(answers["200"]["content"]) for name, answers in posts.items() if "/files/" in name]
    assert all(content == [NDJSON] for content in lines)
    assert all(content == ["application/xml"] for content in files)


def test_a_command_that_was_recorded_before_has_its_answer_in_the_description(door: Door) -> None:
    posts = [each["post"]["responses"] for each in door[0].openapi()["paths"].values() if "post" in each]
    assert all("200" in responses for responses in posts if "201" in responses)
