"""Sends spans and metrics away, or shows metrics to Prometheus: only where the environment says so.

The variables are OpenTelemetry's own: OTEL_SDK_DISABLED, OTEL_EXPORTER_OTLP_ENDPOINT (also _TRACES_ and _METRICS_),
OTEL_TRACES_EXPORTER (otlp, none), OTEL_METRICS_EXPORTER (otlp, prometheus, none, or several), OTEL_SERVICE_NAME,
OTEL_EXPORTER_PROMETHEUS_HOST (127.0.0.1) and OTEL_EXPORTER_PROMETHEUS_PORT (9464). Where an endpoint is given and no
exporter is named, both go there; else nothing is loaded, measured or sent.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry import metrics, trace

from libs.events.metrics import Instruments
from libs.events.types import Clock
from libs.values.errors import Conflict, Invalid

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES: Final = "OTEL_TRACES_EXPORTER"
METRICS: Final = "OTEL_METRICS_EXPORTER"
HOST: Final = "OTEL_EXPORTER_PROMETHEUS_HOST"
PORT: Final = "OTEL_EXPORTER_PROMETHEUS_PORT"
_LAST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Plan:
    """What the environment asks for. `port` 0 lets the system choose one."""

    traces: frozenset[str]
    metrics: frozenset[str]
    host: str
    port: int
    endpoint: str


@dataclass(frozen=True, slots=True)
class Telemetry:
    """`instruments` for every runtime of the process, None when nothing is measured; where Prometheus may look."""

    instruments: Instruments | None = None
    metrics_url: str | None = None


def plan(environment: Mapping[str, str], endpoint: str = "") -> Plan:
    """Read the variables; `endpoint` stands in for OTEL_EXPORTER_OTLP_ENDPOINT. Raises Invalid for a wrong value."""
    target = environment.get(ENDPOINT) or endpoint
    disabled = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"

    def chosen(variable: str, kind: str, known: set[str]) -> frozenset[str]:
        own = environment.get(f"OTEL_EXPORTER_OTLP_{kind}_ENDPOINT")
        names = environment.get(variable) or ("otlp" if target or own else "none")
        asked = {name.strip() for name in names.split(",")}
        if not asked <= known | {"none"}:
            right = ", ".join(sorted(known | {"none"}))
            raise _wrong(variable, names, "names exporters that exist", right)
        return frozenset() if disabled else frozenset(asked - {"none"})

    port = environment.get(PORT) or "9464"
    if not port.isascii() or not port.isdigit() or int(port) > _LAST_PORT:
        raise _wrong(PORT, port, "a port", f"a number from 0 to {_LAST_PORT}")
    return Plan(
        traces=chosen(TRACES, "TRACES", {"otlp"}),
        metrics=chosen(METRICS, "METRICS", {"otlp", "prometheus"}),
        host=environment.get(HOST) or "127.0.0.1",
        port=int(port),
        endpoint=target.rstrip("/"),
    )


@contextmanager
def telemetry(service: str, environment: Mapping[str, str], clock: Clock, endpoint: str = "") -> Iterator[Telemetry]:
    """Set up what the environment asks for, for the life of the process; flushed and closed at the end.

    Called by composition roots only; the SDK is loaded only when it is used. Raises Invalid for a wrong value and
    Conflict when the port for Prometheus is taken.
    """
    wanted = plan(environment, endpoint)
    with ExitStack() as stack:
        if wanted.traces:
            stack.callback(_trace(service, environment, wanted))
        yield _measure(service, environment, wanted, clock, stack) if wanted.metrics else Telemetry()


def _trace(service: str, environment: Mapping[str, str], wanted: Plan) -> Callable[[], None]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=_resource(service, environment), shutdown_on_exit=False)
    address = _address(environment, wanted, "TRACES", "traces")
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(address)))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def _measure(service: str, environment: Mapping[str, str], wanted: Plan, clock: Clock, stack: ExitStack) -> Telemetry:
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader  # noqa: PLC0415

    readers: list[MetricReader] = []
    url = None
    if "prometheus" in wanted.metrics:
        reader, url = _show(wanted, stack)
        readers.append(reader)
    if "otlp" in wanted.metrics:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415

        exporter = OTLPMetricExporter(_address(environment, wanted, "METRICS", "metrics"))
        readers.append(PeriodicExportingMetricReader(exporter))
    provider = MeterProvider(readers, _resource(service, environment), shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    stack.callback(provider.shutdown)
    return Telemetry(Instruments(provider.get_meter("jinguo.events"), clock), url)


def _show(wanted: Plan, stack: ExitStack) -> tuple[Any, str]:
    """A port of its own, on this machine only unless told otherwise; beside our metrics those of the process."""
    from opentelemetry.exporter.prometheus import PrometheusMetricReader  # noqa: PLC0415
    from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, start_http_server  # noqa: PLC0415

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    reader = PrometheusMetricReader(scope_info_enabled=False, registry=registry)
    try:
        server, thread = start_http_server(wanted.port, wanted.host, registry)
    except OSError as error:
        message = f"Metrics cannot be shown at {wanted.host}:{wanted.port} ({error.strerror}); name another {PORT}."
        rule, right = "an address of this machine whose port is free", "0 for any free one"
        raise Conflict(
            "telemetry.address", message, field=PORT, value=str(wanted.port), rule=rule, right=right
        ) from error

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    stack.callback(close)
    host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
    return reader, f"http://{host}:{server.server_port}/metrics"


def _resource(service: str, environment: Mapping[str, str]) -> Any:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

    return Resource.create({"service.name": environment.get("OTEL_SERVICE_NAME") or service})


def _address(environment: Mapping[str, str], wanted: Plan, kind: str, path: str) -> str:
    return environment.get(f"OTEL_EXPORTER_OTLP_{kind}_ENDPOINT") or f"{wanted.endpoint}/v1/{path}"


def _wrong(variable: str, value: str, rule: str, right: str) -> Invalid:
    message = f"{variable} is {value!r}; it takes {right}."
    return Invalid("telemetry.setting", message, field=variable, value=value, rule=rule, right=right)
