from contextlib import AbstractContextManager, nullcontext

from fluxo_chassis import tracing
from fluxo_chassis.settings import ProcessSettings
from fluxo_chassis.spans import exported


def exported_as_configured(settings: ProcessSettings, service: str) -> AbstractContextManager[None]:
    """Send the spans of the block where the settings say; nowhere when they name no endpoint."""
    if settings.otlp_endpoint is None:
        return nullcontext()
    from fluxo_chassis.otlp_spans import OtlpSpanExporter  # noqa: PLC0415 - a quarter of a second, for those who want it

    tracing.sample(settings.traces_sampled)
    return exported(OtlpSpanExporter(settings, service))
