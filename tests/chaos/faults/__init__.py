"""Every fault by name. To add one: a function that injects it and returns when it is over, and its line in a list."""

from faults.clocks import CLOCK_FAULTS
from faults.databases import DATABASE_FAULTS
from faults.disks import DISK_FAULTS
from faults.failovers import FAILOVER_FAULTS
from faults.fault import Fault
from faults.instances import INSTANCE_FAULTS
from faults.network import NETWORK_FAULTS
from faults.processes import PROCESS_FAULTS
from faults.streams import STREAM_FAULTS

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        *PROCESS_FAULTS,
        *INSTANCE_FAULTS,
        *STREAM_FAULTS,
        *DATABASE_FAULTS,
        *NETWORK_FAULTS,
        *DISK_FAULTS,
        *CLOCK_FAULTS,
        *FAILOVER_FAULTS,
    )
}
