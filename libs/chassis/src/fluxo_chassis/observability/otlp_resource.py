from importlib.metadata import version

from opentelemetry.sdk.resources import Resource

from fluxo_chassis.settings import ProcessSettings


def process_resource(settings: ProcessSettings, service: str) -> Resource:
    """Return what the process is to a collector, the same for its spans and its log lines.

    `service` is the name of its distribution. OTEL_RESOURCE_ATTRIBUTES adds to it.
    """
    return Resource.create(
        {
            "service.name": service,
            "service.version": version(service),
            "service.instance.id": settings.instance,
            "deployment.environment.name": settings.environment,
        }
    )
