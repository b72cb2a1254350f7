"""A span and a duration for each request, by the OpenTelemetry API alone; `libs.service.exporting` sends them away.

The span's traceparent goes into every event's `Meta`, so a trace leads from the request to the projection.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import metrics, trace
from opentelemetry.propagate import extract
from opentelemetry.trace import SpanKind

from libs.events import tracing
from libs.events.metric_names import SECONDS, SERVICE, Metric

REQUEST_DURATION = Metric(
    "http.server.request.duration",
    "histogram",
    "s",
    "A request from its first byte to the end of its answer.",
    (SERVICE, "http.request.method", "http.route", "http.response.status_code"),
    SECONDS,
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_tracer = trace.get_tracer("jinguo.service")
_duration = metrics.get_meter("jinguo.service").create_histogram(
    REQUEST_DURATION.name,
    unit=REQUEST_DURATION.unit,
    description=REQUEST_DURATION.description,
    explicit_bucket_boundaries_advisory=REQUEST_DURATION.bounds,
)


@contextmanager
def server_span(service: str, method: str, headers: Mapping[str, str]) -> Iterator[str | None]:
    """A span of one request; gives its traceparent, or None when nothing is recorded."""
    context = extract(headers) if "traceparent" in headers else None
    with _tracer.start_as_current_span(
        f"{service} {method}", context=context, kind=SpanKind.SERVER, record_exception=False
    ) as span:
        yield tracing.traceparent() if span.is_recording() else None


def request_took(service: str, method: str, route: str, status: int | None, seconds: float) -> None:
    """Measure one request; `route` is the pattern, never the path. Without an SDK it does nothing."""
    _duration.record(
        seconds,
        {
            SERVICE: service,
            "http.request.method": method if method in _METHODS else "_OTHER",
            "http.route": route,
            "http.response.status_code": status or 500,
        },
    )
