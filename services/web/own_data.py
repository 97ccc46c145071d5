"""What of a fact may be given to its client: without staff, without others of the household, without keys to the house's own checks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

STAFF, PERSON = re.compile(r"s-[a-z0-9-]+"), re.compile(r"p-[a-z0-9-]+")
CHECKS = ("fingerprint", "hash")

LeftOut = Literal["staff", "others", "checks"]


@dataclass
class OwnData:
    """Goes through facts of one client; `left_out` collects why something is not given."""

    client: str
    left_out: set[LeftOut] = field(default_factory=set)

    def of(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a fact that are the client's."""
        return {name: self._value(value) for name, value in content.items() if not self._is_left_out(name, value)}

    def _value(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            return self.of(value)
        if isinstance(value, list):
            return [self._value(each) for each in value if not self._is_left_out("", each)]
        return value

    def _is_left_out(self, name: str, value: Any) -> bool:  # noqa: ANN401 - JSON
        why = self._why(name, value)
        if why is not None:
            self.left_out.add(why)
        return why is not None

    def _why(self, name: str, value: Any) -> LeftOut | None:  # noqa: ANN401 - JSON
        if name.endswith(CHECKS):
            return "checks"
        if isinstance(value, dict):
            return "others" if value.get("person_ref", self.client) != self.client else None
        if not isinstance(value, str) or value == self.client:
            return None
        return "staff" if STAFF.fullmatch(value) else "others" if PERSON.fullmatch(value) else None
