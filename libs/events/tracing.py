"""Spans of the kernel by the OpenTelemetry API alone: nothing is recorded unless the process configures an SDK.

Work done later or elsewhere is linked, not nested: a page serves many requests. An error is told by its kind only,
for its message may quote a row.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import SpanContext, SpanKind, StatusCode, TraceFlags

_MAX_LINKS = 32
_PARTS = 4

_tracer = trace.get_tracer("jinguo.events")


@contextmanager
def span(
    name: str,
    traceparents: Iterable[str | None] = (),
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    semantic: Mapping[str, str | int] | None = None,
    **attributes: str | int,
) -> Iterator[None]:
    """A span, linked to the requests that caused its work.

    `attributes` get the prefix `jinguo.`; `semantic` are named as the conventions of OpenTelemetry name them.
    """
    about = {f"jinguo.{key}": value for key, value in attributes.items()} | dict(semantic or {})
    made = _tracer.start_span(name, kind=kind, attributes=about, record_exception=False, set_status_on_exception=False)
    if not made.get_span_context().is_valid:
        yield  # nothing is traced: no context to carry, which costs more than the span
        return
    with trace.use_span(made, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        if made.is_recording():
            for context in map(parse, _distinct(traceparents)):
                if context is not None:
                    made.add_link(context)
        try:
            yield
        except Exception as error:
            made.set_status(StatusCode.ERROR)
            made.set_attribute("error.type", type(error).__name__)
            raise


def traceparent() -> str | None:
    """The present span as a W3C header, to be kept beside the event; None when nothing is traced."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def parse(header: str) -> SpanContext | None:
    """The span a W3C header names; None when it is malformed."""
    parts = header.split("-")
    if len(parts) != _PARTS:
        return None
    try:
        trace_id, span_id, flags = (int(part, 16) for part in parts[1:])
    except ValueError:
        return None
    context = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return context if context.is_valid else None


def _distinct(traceparents: Iterable[str | None]) -> list[str]:
    found: dict[str, None] = {}
    for header in traceparents:
        if header and header not in found:
            found[header] = None
            if len(found) == _MAX_LINKS:
                break
    return list(found)
