from fluxo_local.connections import Claim, Limit, connections_needed, shortages, taken
from fluxo_local.services import SERVICES

ENTRIES, BALANCES = SERVICES


def _server(key: str = "the server", allows: int = 100) -> Limit:
    return Limit((key,), allows, f"PostgreSQL at {key}", "restart it with max_connections =", reserved=3)


def _claims(*limits: Limit, of=SERVICES) -> list[Claim]:
    return [Claim(service, who, limits) for service in of for who in taken(service, 1)]


def test_one_server_of_both_databases_has_to_have_room_for_all_that_the_embedded_one_has():
    for replicas in (1, 2, 8, 20):
        needed = connections_needed(replicas)
        assert shortages(_claims(_server(allows=needed)), replicas) == []
        (missing,) = shortages(_claims(_server(allows=needed - 1)), replicas)
        assert missing.startswith(f"PostgreSQL at the server allows {needed - 1} connections (3 of them reserved)")
        assert missing.endswith(f"and {needed} are needed: restart it with max_connections = {needed}.")


def test_one_replica_fits_into_a_server_as_it_is_installed():
    assert shortages(_claims(_server(allows=100)), 1) == []
    assert shortages(_claims(_server(allows=100)), 2) != []


def test_a_server_of_each_database_needs_its_own_part():
    apart = _claims(_server("a", 60), of=[ENTRIES]) + _claims(_server("b", 60), of=[BALANCES])
    assert [each.partition(" allows")[0] for each in shortages(apart, 1)] == ["PostgreSQL at a"]


def test_one_server_under_two_names_is_one():
    one, other = _server(allows=150), Limit(("the server",), 150, "PostgreSQL at localhost", "set", reserved=3)
    assert len(shortages(_claims(one, of=[ENTRIES]) + _claims(other, of=[BALANCES]), 3)) == 1


def test_the_limit_of_a_role_counts_only_what_it_opens():
    role = Limit(("the server", "role", "api"), 60, "Role api", 'ALTER ROLE "api" CONNECTION LIMIT')
    claims = [Claim(ENTRIES, "api", (_server(allows=1_000), role)), Claim(ENTRIES, "workers", (_server(allows=1_000),))]
    assert shortages(claims, 2) == []
    assert shortages(claims, 3) == [
        'Role api allows 60 connections, and 80 are needed: ALTER ROLE "api" CONNECTION LIMIT 80.'
    ]
