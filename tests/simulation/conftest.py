import logging
from collections.abc import Iterator

import pytest

from deploy.simulation.history import remembered_schemas


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """What the house says about faults is as it should be, and there are thousands."""
    logging.disable(logging.CRITICAL)
    with remembered_schemas():
        yield
    logging.disable(logging.NOTSET)
