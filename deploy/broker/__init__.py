"""One real Kafka node for a machine that has none: jars, Java, storage, start, stop and topics."""

from deploy.broker.node import Broker, BrokerFailed

__all__ = ["Broker", "BrokerFailed"]
