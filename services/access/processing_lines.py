"""Lines of the processing log after the standard Logboek Dataverwerkingen (Logius), and of the audit log beside it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

Status = Literal["ok", "refused", "failed"]
CODES: Final[dict[Status, str]] = {"ok": "STATUS_CODE_OK", "refused": "STATUS_CODE_UNSET", "failed": "STATUS_CODE_ERROR"}
"""The standard's: what the caller may not have is no error of ours, and so neither."""

POSITION: Final = "dpl.backbone.position"
"""Only lines of commands have it."""

APPLICATION: Final = "urn:backbone:staff-application"
"""Who calls: an application of the staff, which gives its trace (W3C Trace Context) and not its name."""


@dataclass(frozen=True, slots=True)
class Processing:
    """One processing about one client, or about none.

    `activity` is its URI in the register of processing activities, `subject` a client reference, `trace_id` 32 hexadecimal characters;
    times in UTC. `parent` is the span of the action that this one is a part of, `called_by` the span of the application that asked,
    `purpose` and `legal_basis` codes of a policy, `break_glass` the number of the subject's opening without which it would not be,
    `origin` an address and `what` the run or list that was read: in the audit log only. `position` is the place in the event log of the
    fact that a command began with.
    """

    activity: str
    subject: str | None
    trace_id: str
    started_at: datetime
    ended_at: datetime
    status: Status
    parent: str | None = None
    called_by: str | None = None
    purpose: str | None = None
    legal_basis: str | None = None
    origin: str = ""
    span_id: str | None = None
    what: str = ""
    break_glass: int | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Something else that must be accounted for: a refusal, or what an operator did. Codes and references only."""

    actor: str
    action: str
    object: str
    result: str
    at: datetime
    trace_id: str
    origin: str


def act_of(read: Processing, actor: str) -> Act:
    """Who did a processing."""
    return Act(actor, read.activity, read.subject or read.what, read.status, read.ended_at, read.trace_id, read.origin)


def audit_line(act: Act, id_: str) -> dict[str, object]:
    """Actor, action, object, result, origin and time (BIO2 8.15.01)."""
    return {
        "id": id_,
        "trace_id": act.trace_id,
        "actor": act.actor,
        "action": act.action,
        "object": act.object,
        "result": act.result,
        "origin": act.origin,
        "at": _utc(act.at),
    }


def processing_line(read: Processing, id_: str, resource: str) -> dict[str, object]:
    """The fields of the standard; `id_` is the span, under which the audit log says who did it."""
    caller = {"trace_id": read.trace_id, "span_id": read.called_by, "entity": APPLICATION}
    optional = {"parent_span_id": read.parent, "foreign_operation": caller if read.called_by else None}
    return {
        "trace_id": read.trace_id,
        "span_id": id_,
        "status_code": CODES[read.status],
        "name": read.activity.rpartition(":")[2],
        "start_time": _utc(read.started_at),
        "end_time": _utc(read.ended_at),
        "resource": {"attributes": {"service.name": resource}},
        "attributes": _attributes(read),
        **{name: value for name, value in optional.items() if value is not None},
    }


def _attributes(read: Processing) -> dict[str, Any]:
    kind = "household" if read.subject and read.subject.startswith("h-") else "client"
    subject = {"dpl.core.data_subject_id": read.subject, "dpl.core.data_subject_id_type": f"urn:backbone:{kind}-reference"}
    grounds: dict[str, Any] = {"dpl.backbone.purpose": read.purpose, "dpl.backbone.legal_basis": read.legal_basis}
    grounds |= {"dpl.backbone.break_glass": read.break_glass, POSITION: read.position}
    told = {"dpl.core.processing_activity_id": read.activity, **(subject if read.subject else {}), **grounds}
    return {name: value for name, value in told.items() if value is not None}


def _utc(moment: datetime) -> str:
    """To the millisecond, as the standard has it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
