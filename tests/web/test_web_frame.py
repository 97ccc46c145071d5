import logging
from typing import Annotated

import pytest
from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from prometheus_client import REGISTRY
from pydantic import BaseModel

from services.access.caller import Caller
from services.web.callers import requires
from services.web.in_process import InProcess
from services.web.rights import Undeclared
from tests.web.desk import LIMIT, SECRET, Desk

FORM = {"name": "anna", "on": "2024-02-01"}
HEADERS = {
    "api-version": "1.0.0",
    "cache-control": "no-store",
    "content-security-policy": "frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
ANSWERS = [
    ("POST", "/v1/forms", {"json": FORM, "headers": {"Idempotency-Key": "k"}}, 201),
    ("POST", "/v1/forms", {"json": {}}, 400),
    ("GET", "/v1/forms", {}, 405),
    ("GET", "/v1/nothing", {}, 404),
    ("GET", "/v1/forms/", {}, 404),
    ("POST", "/v1/forms", {"content": b"x" * 2_000}, 413),
    ("GET", "/v1/forms/x/broken", {}, 500),
    ("GET", "/healthz", {}, 200),
    ("GET", "/readyz", {}, 200),
    ("GET", "/metrics", {}, 200),
    ("GET", "/v1/openapi.json", {}, 200),
]


@pytest.mark.parametrize(("method", "path", "content", "status"), ANSWERS)
def test_every_answer_has_its_headers(visitor: InProcess, method: str, path: str, content: dict[str, object], status: int) -> None:
    answer = visitor.request(method, path, **content)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize(("method", "path", "content", "status"), [row for row in ANSWERS if row[3] >= 400])
def test_every_refusal_is_a_problem(visitor: InProcess, method: str, path: str, content: dict[str, object], status: int) -> None:
    answer = visitor.request(method, path, **content)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "status", "title", "detail", "instance"}
    assert problem["status"] == status
    assert problem["instance"].startswith("urn:uuid:")


def test_the_trace_of_the_caller_is_the_instance(visitor: InProcess) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"  # pragma: allowlist secret - the example of W3C
    answer = visitor.get("/v1/nothing", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert answer.json()["instance"] == "urn:uuid:0af76519-16cd-43dd-8448-eb211c80319c"


@pytest.mark.parametrize("traceparent", ["", "00-zz-b7ad6b7169203331-01", f"00-{'0' * 32}-b7ad6b7169203331-01", "x" * 5000])
def test_a_trace_that_is_none_is_replaced(visitor: InProcess, traceparent: str) -> None:
    answer = visitor.get("/v1/nothing", headers={"traceparent": traceparent})
    assert len(answer.json()["instance"]) == len("urn:uuid:") + 36


def test_what_breaks_inside_stays_inside(visitor: InProcess, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = visitor.get("/v1/forms/999990019/broken")
    assert answer.json()["title"] == "internal error"
    assert SECRET not in answer.text
    records = [record.getMessage() for record in caplog.records if record.name.startswith("services.")]
    assert any("RuntimeError" in record and "desk.py" in record for record in records)
    assert not any("999990019" in record for record in records)


@pytest.fixture
def counted() -> dict[tuple[str, str], float]:
    """Requests by route and status that a test adds."""

    def now() -> dict[tuple[str, str], float]:
        samples = [s for metric in REGISTRY.collect() for s in metric.samples if s.name == "http_requests_total"]
        return {(s.labels["route"], s.labels["status"]): s.value for s in samples if s.labels["service"] == "desk"}

    class Counted(dict[tuple[str, str], float]):
        def __missing__(self, key: tuple[str, str]) -> float:
            return now().get(key, 0) - before.get(key, 0)

    before = now()
    return Counted()


def test_requests_are_counted_by_route_never_by_path(visitor: InProcess, counted: dict[tuple[str, str], float]) -> None:
    visitor.get("/v1/forms/999990019/broken")
    visitor.get("/v1/999990019")
    visitor.get("/healthz")
    assert counted["/v1/forms/{name}/broken", "500"] == 1
    assert counted["unmatched", "404"] == 1
    assert counted["/healthz", "200"] == 1
    assert "999990019" not in visitor.get("/metrics").text


BODIES = [b"{}", b"{", b"x" * 2_000]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("path", ["/v1/forms", "/v1/forms/_bulk", "/v1/nothing", "/", "/docs", "/v1/openapi.json/", "//healthz"])
def test_nobody_comes_in_without_a_token(desk: Desk, path: str, body: bytes) -> None:
    answer = InProcess(desk.app).post(path, "k", content=body)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert desk.log.submitted == 0


def test_a_bad_token_is_told_so(desk: Desk) -> None:
    answer = InProcess(desk.app, {"Authorization": "Bearer a.b.c"}).post("/v1/forms", "k", json=FORM)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')


def test_two_tokens_are_no_token(desk: Desk) -> None:
    token = desk.headers()["Authorization"].encode()
    answer = InProcess(desk.app).get("/v1/nothing", headers=[(b"Authorization", token), (b"Authorization", token)])
    assert answer.status_code == 401


def test_without_the_keys_of_the_issuer_nobody_comes_in(desk: Desk) -> None:
    headers = desk.headers()
    (desk.issuer._folder / "jwks.json").unlink()
    assert InProcess(desk.app, headers).post("/v1/forms", "k", json=FORM).status_code == 503
    assert desk.log.submitted == 0


def test_the_wrong_role_is_refused(desk: Desk) -> None:
    answer = desk.visitor("auditor").post("/v1/forms", "k", json=FORM)
    assert (answer.status_code, answer.json()["title"]) == (403, "forbidden")


def test_a_body_over_the_limit_is_refused_by_its_length(visitor: InProcess, desk: Desk) -> None:
    answer = visitor.post("/v1/forms", "k", content=b"x" * (LIMIT + 1), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (413, f"at most {LIMIT} bytes")
    assert desk.log.submitted == 0


def test_the_description_is_open_to_all(desk: Desk) -> None:
    answer = InProcess(desk.app).get("/v1/openapi.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    document = answer.json()
    assert document["security"] == [{"bearer": []}]
    assert {"400", "401", "403", "409", "410", "413", "503", "200", "201"} == set(document["paths"]["/v1/forms"]["post"]["responses"]) - {
        "404"
    }
    assert "422" not in answer.text
    headers = [p["name"] for p in document["paths"]["/v1/forms"]["post"]["parameters"]]
    assert headers == ["If-Version", "Idempotency-Key"] or set(headers) == {"If-Version", "Idempotency-Key"}
    schema = document["components"]["schemas"]["Form"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["on"]["format"] == "date"


def test_health_is_open_and_tells_what_is_wrong(desk: Desk) -> None:
    stranger = InProcess(desk.app)
    assert stranger.get("/readyz").json() == {"status": "ready", "checks": ["log"]}
    desk.log.full = True
    answer = stranger.get("/readyz")
    assert (answer.status_code, answer.json()["detail"]) == (503, "log: the disk is full")
    assert stranger.get("/healthz").status_code == 200


def test_a_route_that_blocks_the_others_is_not_accepted(desk: Desk) -> None:
    def sync(caller: Annotated[Caller, requires("caseworker")]) -> JSONResponse:
        return JSONResponse(caller.actor)

    with pytest.raises(TypeError, match="async def"):
        desk.app.get("/v1/sync")(sync)


def test_a_route_for_everybody_is_not_accepted(desk: Desk) -> None:
    async def free(caller: Annotated[object, Depends(lambda: None)]) -> JSONResponse:
        return JSONResponse(str(caller))

    with pytest.raises(TypeError, match="who may use it"):
        desk.app.get("/v1/free")(free)


def test_a_route_that_does_not_say_whose_things_it_touches_is_not_accepted(desk: Desk) -> None:
    async def shapeless(caller: Annotated[Caller, requires("caseworker")]) -> JSONResponse:
        return JSONResponse(caller.actor)

    with pytest.raises(Undeclared, match="whose things"):
        desk.app.get("/v1/shapeless")(shapeless)


def test_a_service_does_not_start_with_a_route_that_was_put_in_past_the_house(desk: Desk) -> None:
    async def free(_request: Request) -> JSONResponse:
        return JSONResponse("free")

    desk.app.add_route("/v1/free", free)

    with pytest.raises(Undeclared, match="/v1/free"):
        desk.app.build_middleware_stack()


class Loose(BaseModel):
    amount_cents: int


def test_a_loose_body_is_not_accepted(desk: Desk) -> None:
    async def loose(body: Loose, caller: Annotated[Caller, requires("caseworker", scope="own")]) -> JSONResponse:
        return JSONResponse([body.amount_cents, caller.actor])

    with pytest.raises(TypeError, match=r"services\.web\.body\.Body"):
        desk.app.post("/v1/loose")(loose)
