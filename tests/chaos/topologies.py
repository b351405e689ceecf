from enum import Enum


class Topology(Enum):
    """What the faults find."""

    EMBEDDED = "embedded"
    """`fluxo up` runs its own servers, and its supervisor brings them back."""
    PROXIED = "proxied"
    """The driver runs the servers; the connections to them go through its proxies."""
    RIGGED = "rigged"
    """As embedded, with disks that the driver can fill and clocks that it can step."""
    SENTINEL = "sentinel"
    """The driver runs primaries and replicas under three sentinels, and PostgreSQL with a synchronous standby."""
