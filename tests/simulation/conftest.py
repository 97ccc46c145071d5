import logging
from collections.abc import Iterator

import pytest

from deploy.simulation.history import many


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """What the house says about faults is as it should be, and there are thousands."""
    logging.disable(logging.CRITICAL)
    with many():
        yield
    logging.disable(logging.NOTSET)
