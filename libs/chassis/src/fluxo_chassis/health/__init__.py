"""Whether this process can do its work, answered from what a background monitor saw last."""

from fluxo_chassis.health.monitor import Health, Observation
from fluxo_chassis.health.routes import health_app, health_routes

__all__ = ["Health", "Observation", "health_app", "health_routes"]
