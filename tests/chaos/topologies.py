from enum import Enum


class Topology(Enum):
    """What the faults find: each is at home on the first of those that it can be injected into."""

    EMBEDDED = "embedded"
    """`fluxo up` runs its own servers, and its supervisor brings them back."""
    PROXIED = "proxied"
    """The driver runs the servers; the connections to them go through its proxies."""
    RIGGED = "rigged"
    """As embedded, with disks that the driver can fill and clocks that it can step."""
