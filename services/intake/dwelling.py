"""When two addresses are one dwelling: same postcode, number and addition, however they were typed."""

import re

from services.intake.bodies import Address
from services.intake.desk import Desk

_NUMBER = re.compile(r"(\d+)(.*)")


def dwelling_of(desk: Desk, address: Address) -> str:
    """Reference of the dwelling, the same for the same address and meaningless without the secret."""
    found = _NUMBER.fullmatch(address.number)
    assert found is not None
    postcode, addition = address.postcode.replace(" ", ""), re.sub("[^A-Z0-9]", "", found[2].upper())
    return f"d-{desk.hashes.address.of(f'{postcode}|{found[1]}|{addition}')[:16]}"
