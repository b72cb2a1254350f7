"""Traces by OpenTelemetry, off unless an endpoint is configured: then a span per request, continued by libs.events.

The span's traceparent goes into every event's `Meta`, so a trace leads from the request to the projection.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.propagate import extract
from opentelemetry.trace import SpanKind

from libs.events import tracing

_tracer = trace.get_tracer("jinguo.service")


def configure_telemetry(service: str, endpoint: str = "") -> Callable[[], None]:
    """Send spans to `endpoint` or OTEL_EXPORTER_OTLP_ENDPOINT; with neither, do nothing. Returns what flushes them.

    Called by composition roots only; the SDK is loaded only when it is used.
    """
    target = endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    if not target:
        return lambda: None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{target.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)
    return provider.shutdown


@contextmanager
def server_span(service: str, method: str, headers: Mapping[str, str]) -> Iterator[str | None]:
    """A span of one request; gives its traceparent, or None when nothing is recorded."""
    context = extract(headers) if "traceparent" in headers else None
    with _tracer.start_as_current_span(
        f"{service} {method}", context=context, kind=SpanKind.SERVER, record_exception=False
    ) as span:
        yield tracing.traceparent() if span.is_recording() else None
