"""The publishers reporting listens to."""

from services.reporting.consumers import registry, training

CONSUMERS = (registry.CONSUMER, training.CONSUMER)
