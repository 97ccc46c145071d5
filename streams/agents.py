"""One agent per view over all its topics: takes a portion, has it folded and written, and no more."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import faust
from aiokafka.errors import KafkaError, KafkaTimeoutError

from streams.arrivals import KafkaRecord
from streams.batching import PORTION_RECORDS, Continuity
from streams.keeper import Keeper
from streams.lanes import Failed, Lanes

WAITING_PORTIONS = 24
"""Portions in memory per view; Faust stops reading a partition while its portions wait."""

AGAIN_SECONDS = 1.0

logger = logging.getLogger(__name__)


def register(app: faust.App, keepers: Iterable[Keeper], continuity: Continuity, failed: Failed) -> None:
    """Let the app feed every keeper; `failed` is told of what is not a quarantine verdict, and must end the process."""
    for keeper in keepers:
        topic = app.topic(
            *keeper.view.topics,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
            maxsize=WAITING_PORTIONS,
        )
        app.agent(topic, name=keeper.view.name, concurrency=1)(_agent(keeper, continuity, failed))


def _agent(keeper: Keeper, continuity: Continuity, failed: Failed) -> Callable[[Any], Any]:
    async def take(portion: Sequence[KafkaRecord]) -> None:
        if await continuity.holds(keeper.view.name, portion):
            await _taken(keeper, portion)

    def given_up(wrong: BaseException) -> None:
        logger.error("view %s cannot go on; nothing of this portion is committed", keeper.view.name, exc_info=wrong)
        failed(wrong)

    async def take_portions(stream: Any) -> None:  # noqa: ANN401 - a Faust stream of portions
        async with Lanes(take, given_up, WAITING_PORTIONS, PORTION_RECORDS) as lanes:
            async for portion in stream:
                await lanes.put(portion)

    return take_portions


async def _taken(keeper: Keeper, portion: Sequence[KafkaRecord]) -> None:
    """Have a portion taken, again and again while Kafka is away: what was not acknowledged left no trace in the view."""
    while True:
        try:
            await keeper.take(portion[0].topic, portion[0].partition, portion)
        except KafkaError as away:
            if not (away.retriable or isinstance(away, KafkaTimeoutError)):
                raise
            logger.warning("view %s waits for Kafka: %s", keeper.view.name, type(away).__name__)
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return
