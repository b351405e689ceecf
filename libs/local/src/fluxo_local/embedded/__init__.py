"""PostgreSQL and Valkey as child processes: from wheels, or from what the machine has."""
