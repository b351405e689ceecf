import shutil
import stat
from pathlib import Path

import pytest
from fluxo_local.issuer import DevelopmentIssuer
from fluxo_local.runtime import save_environment
from fluxo_local.services import SERVICES
from fluxo_local.settings import Settings
from fluxo_local.supervision.managed_processes import HttpProcess
from fluxo_local.topology import REPLICAS_MAX, Topology, topology


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FLUXO_{name.upper()}", raising=False)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory) -> Path:
    """One for all: to make a key takes longer than to plan."""
    return DevelopmentIssuer(tmp_path_factory.mktemp("data")).directory


@pytest.fixture(autouse=True)
def _has_an_issuer(issuer: Path, tmp_path: Path) -> None:
    shutil.copytree(issuer, tmp_path / issuer.name)


def _process(planned: Topology, name: str) -> HttpProcess:
    found = next(child for child in planned.services if child.name == name)
    assert isinstance(found, HttpProcess)
    return found


def test_one_of_each_listens_where_the_contract_says(tmp_path: Path):
    planned = topology(Settings(), tmp_path, port_base=9000)
    assert {child.name: child.port for child in (*planned.servers, *planned.services)} == {
        "postgres": 9003,
        "valkey-streams": 9004,
        "valkey-cache": 9005,
        "entries-relay-1": 9011,
        "balances-projector-1": 9031,
        "entries-api-1": 9001,
        "balances-api-1": 9002,
        "dashboard-1": 9000,
    }
    assert planned.urls == {
        "dashboard": "http://127.0.0.1:9000",
        "entries": "http://127.0.0.1:9001",
        "balances": "http://127.0.0.1:9002",
    }


def test_replicas_stand_behind_a_balancer_on_the_same_addresses(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("fluxo_local.nginx.find_nginx", lambda: "/usr/sbin/nginx")
    planned = topology(Settings(), tmp_path, port_base=9000, replicas=2)
    ports = {child.name: child.port for child in planned.services}
    assert ports["nginx"] == 9001
    assert ports["entries-api-1"] == 9051
    assert ports["balances-api-2"] == 9072
    assert planned.urls["balances"] == "http://127.0.0.1:9002"
    assert (ports["dashboard-1"], "dashboard-2" in ports) == (9000, False)
    configuration = (tmp_path / "nginx" / "nginx.conf").read_text()
    assert "server 127.0.0.1:9052" in configuration
    assert "listen 127.0.0.1:9002" in configuration


def test_no_two_processes_want_the_same_port_however_many_there_are(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("fluxo_local.nginx.find_nginx", lambda: "/usr/sbin/nginx")
    planned = topology(Settings(), tmp_path, replicas=REPLICAS_MAX)
    children = [*planned.servers, *planned.services]
    assert len({child.port for child in children}) == len(children)
    assert len(planned.ports) == len(children) + 2  # the balancer holds three


def test_each_process_is_told_its_name_and_port(tmp_path: Path):
    relay = _process(topology(Settings(), tmp_path, port_base=9000), "entries-relay-1")
    assert relay.argv[1:] == ["-m", "fluxo_entries", "relay"]
    assert relay.env["FLUXO_INSTANCE"] == "entries-relay-1"
    assert relay.env["FLUXO_PORT"] == "9011"


def test_a_service_never_learns_the_others_database_nor_the_owners_password(tmp_path: Path):
    planned = topology(Settings(), tmp_path)
    for child in planned.services:
        assert isinstance(child, HttpProcess)
        known = {name for name in child.env if name.endswith("_DATABASE_URL")}
        service = child.name.split("-")[0]
        assert known == (set() if service == "dashboard" else {f"FLUXO_{service.upper()}_DATABASE_URL"})


def test_a_process_learns_of_the_servers_that_it_works_with_and_of_no_other(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("FLUXO_STREAMS_URL", "redis://streams.example")
    planned = topology(Settings(), tmp_path)
    told = {child.name: child.env for child in planned.services if isinstance(child, HttpProcess)}
    told |= {migration.name: migration.env for migration in planned.migrations}
    servers = {"FLUXO_STREAMS_URL", "FLUXO_CACHE_URL"}
    assert {name: servers & set(env) for name, env in told.items()} == {
        "entries-api-1": set(),
        "entries-relay-1": {"FLUXO_STREAMS_URL"},
        "entries-migrate": set(),
        "balances-api-1": {"FLUXO_CACHE_URL"},
        "balances-projector-1": servers,
        "balances-migrate": set(),
        "dashboard-1": set(),
    }


def test_the_page_is_told_where_the_services_are_and_nothing_that_they_work_with(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("FLUXO_STREAMS_URL", "redis://streams.example")
    planned = topology(Settings(), tmp_path, port_base=9000)
    page = _process(planned, "dashboard-1")
    assert page.argv[1:] == ["-m", "fluxo_dashboard"]
    assert (page.env["FLUXO_INSTANCE"], page.env["FLUXO_PORT"]) == ("dashboard-1", "9000")
    assert page.env["FLUXO_ENTRIES_URL"] == "http://127.0.0.1:9001"
    assert page.env["FLUXO_BALANCES_URL"] == "http://127.0.0.1:9002"
    assert page.env["FLUXO_DASHBOARD_DEVELOPMENT_ISSUER"] == str(tmp_path / "issuer")
    assert {"FLUXO_STREAMS_URL", "FLUXO_CACHE_URL"}.isdisjoint(page.env)


@pytest.mark.parametrize("secret", ["FLUXO_DASHBOARD_SESSION_KEY", "FLUXO_OIDC_CLIENT_SECRET"])
def test_only_the_page_knows_the_keys_of_sessions_and_signing_in(tmp_path: Path, monkeypatch, secret: str):
    monkeypatch.setenv("FLUXO_OIDC_CLIENT_SECRET", "s3cret")
    planned = topology(Settings(), tmp_path)
    started = [child for child in planned.services if isinstance(child, HttpProcess)]
    assert [child.name for child in started if secret in child.env] == ["dashboard-1"]
    assert not any(secret in migration.env for migration in planned.migrations)


def test_a_key_of_sessions_may_be_given(tmp_path: Path):
    given = topology(Settings(dashboard_session_key="given" * 8), tmp_path).environment
    assert given["FLUXO_DASHBOARD_SESSION_KEY"] == "given" * 8


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_an_api_works_as_a_role_of_its_own_and_the_workers_as_another(tmp_path: Path, service):
    given = Settings(
        **{f"{service.name}_database_url": "postgresql://app@db", f"{service.name}_api_database_url": "api"}
    )
    for planned, app, api in (
        (topology(Settings(), tmp_path), f"//fluxo_{service.name}_app:", f"//fluxo_{service.name}_api:"),
        (topology(given, tmp_path), "postgresql://app@db", "api"),
        (topology(Settings(**{f"{service.name}_database_url": "postgresql://app@db"}), tmp_path), "//app@", "//app@"),
    ):
        urls = {
            role: _process(planned, f"{service.name}-{role}-1").env[service.database_variable] for role in service.roles
        }
        assert api in urls.pop("api")
        assert all(app in url for url in urls.values())
        migration = planned.migrations[SERVICES.index(service)]
        assert app in migration.env[service.database_variable]
        assert api in migration.env.get(service.api_variable, api)


@pytest.mark.parametrize(("replicas", "balanced"), [(1, False), (20, True)])
def test_the_roles_leave_room_for_the_owners(tmp_path: Path, replicas: int, balanced: bool):
    planned = topology(Settings(), tmp_path, replicas=replicas, balanced=balanced)
    most = [role.connections_max for each in planned.databases for role in (each.app, each.api)]
    assert replicas * sum(sum(service.connections.values()) for service in SERVICES) <= sum(most)
    assert sum(most) < planned.postgres.max_connections


def test_migrations_run_as_the_owner(tmp_path: Path):
    planned = topology(Settings(), tmp_path)
    entries = planned.migrations[0]
    assert entries.argv[-1] == "migrate"
    assert "fluxo_entries_owner" in entries.env["FLUXO_ENTRIES_MIGRATION_DATABASE_URL"]
    assert "fluxo_entries_app" in entries.env["FLUXO_ENTRIES_DATABASE_URL"]
    assert "FLUXO_BALANCES_DATABASE_URL" not in entries.env


def test_servers_given_by_url_are_used_and_not_embedded(tmp_path: Path):
    given = Settings(
        entries_database_url="postgresql://me:pw@db.example/entries",
        balances_database_url="postgresql://me:pw@db.example/balances",
        streams_url="redis://streams.example",
        cache_url="redis://cache.example",
    )
    planned = topology(given, tmp_path)
    assert planned.servers == ()
    assert planned.databases == ()
    assert planned.environment["FLUXO_ENTRIES_MIGRATION_DATABASE_URL"] == "postgresql://me:pw@db.example/entries"
    assert planned.environment["FLUXO_STREAMS_URL"] == "redis://streams.example"


def test_one_database_given_by_url_leaves_the_other_embedded(tmp_path: Path):
    planned = topology(Settings(entries_database_url="postgresql://me:pw@db.example/entries"), tmp_path)
    assert "postgres" in [child.name for child in planned.servers]
    assert [database.name for database in planned.databases] == ["fluxo_balances"]


def test_an_identity_provider_takes_the_place_of_the_development_issuer(tmp_path: Path):
    data_dir = tmp_path / "new"
    given = Settings(auth_jwks_url="https://id.example/jwks.json", auth_issuer="https://id.example")
    planned = topology(given, data_dir)
    assert planned.environment["FLUXO_AUTH_JWKS_URL"] == "https://id.example/jwks.json"
    assert planned.environment["FLUXO_AUTH_ISSUER"] == "https://id.example"
    # Nobody could sign in at the page, so there is none.
    assert "dashboard-1" not in {child.name for child in planned.services}
    assert set(planned.urls) == {"entries", "balances"}
    with_page = topology(given.model_copy(update={"oidc_issuer": "https://id.example"}), data_dir)
    assert "FLUXO_DASHBOARD_DEVELOPMENT_ISSUER" not in _process(with_page, "dashboard-1").env
    assert not (data_dir / "issuer").exists()


def test_the_page_beside_the_services_may_call_them_unless_others_are_named(tmp_path: Path):
    planned = topology(Settings(), tmp_path, port_base=9000)
    api = _process(planned, "entries-api-1")
    assert api.env["FLUXO_CORS_ORIGINS"] == "http://127.0.0.1:9000,http://localhost:9000"
    named = topology(Settings(cors_origins="https://app.example"), tmp_path).environment
    assert named["FLUXO_CORS_ORIGINS"] == "https://app.example"


def test_every_process_hashes_merchants_with_one_key_that_is_kept(tmp_path: Path):
    planned = topology(Settings(), tmp_path)
    keys = {child.env["FLUXO_LOG_HASH_KEY"] for child in planned.services if isinstance(child, HttpProcess)}
    assert keys == {topology(Settings(), tmp_path).environment["FLUXO_LOG_HASH_KEY"]}
    assert keys != {topology(Settings(), tmp_path / "another").environment["FLUXO_LOG_HASH_KEY"]}
    given = topology(Settings(log_hash_key="given-and-long-enough"), tmp_path).environment
    assert given["FLUXO_LOG_HASH_KEY"] == "given-and-long-enough"


def test_credentials_are_kept_and_private(tmp_path: Path):
    first = topology(Settings(), tmp_path).environment
    assert topology(Settings(), tmp_path).environment == first
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_with_a_provider_of_its_own_the_page_has_no_development_issuer(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("FLUXO_OIDC_ISSUER", "https://id.example")
    monkeypatch.setenv("FLUXO_OIDC_CLIENT_SECRET", "a secret")
    planned = topology(Settings(), tmp_path)
    page, api = _process(planned, "dashboard-1").env, _process(planned, "entries-api-1").env
    assert "FLUXO_DASHBOARD_DEVELOPMENT_ISSUER" not in page
    assert (page["FLUXO_OIDC_ISSUER"], page["FLUXO_OIDC_CLIENT_SECRET"]) == ("https://id.example", "a secret")
    assert [name for name in api if name.startswith(("FLUXO_OIDC_", "FLUXO_DASHBOARD_"))] == []
    monkeypatch.delenv("FLUXO_OIDC_ISSUER")
    assert "FLUXO_DASHBOARD_DEVELOPMENT_ISSUER" in _process(topology(Settings(), tmp_path), "dashboard-1").env


def _keys_of(planned: Topology) -> dict[str, str | None]:
    return {
        child.name: child.env["FLUXO_EVENTS_KEY"]
        for child in planned.services
        if isinstance(child, HttpProcess) and "FLUXO_EVENTS_KEY" in child.env
    }


def test_relay_and_projector_alone_know_the_key_of_events_which_is_kept(tmp_path: Path, monkeypatch):
    planned = topology(Settings(), tmp_path)
    key = planned.environment["FLUXO_EVENTS_KEY"]
    assert _keys_of(planned) == {"entries-relay-1": key, "balances-projector-1": key}
    assert not any("FLUXO_EVENTS_KEY" in migration.env for migration in planned.migrations)
    save_environment(tmp_path, planned.environment)
    assert _keys_of(topology(Settings(), tmp_path)) == _keys_of(planned)
    monkeypatch.setenv("FLUXO_EVENTS_KEY", "given-and-long-enough-for-a-key-of-events")
    assert set(_keys_of(topology(Settings(), tmp_path)).values()) == {"given-and-long-enough-for-a-key-of-events"}
    assert len(_keys_of(topology(Settings(), tmp_path))) == 2


def test_the_relay_alone_knows_the_key_of_seals_which_is_kept(tmp_path: Path):
    planned = topology(Settings(), tmp_path)
    key = planned.environment["FLUXO_SEALS_KEY"]
    known = [child.name for child in planned.services if key in getattr(child, "env", {}).values()]
    assert known == ["entries-relay-1"]
    assert not any(key in migration.env.values() for migration in planned.migrations)
    assert topology(Settings(), tmp_path).environment["FLUXO_SEALS_KEY"] == key
    shared = topology(Settings(entries_database_url="postgresql://shared/entries"), tmp_path)
    assert "FLUXO_SEALS_KEY" not in shared.environment


def test_a_directory_that_ran_without_a_key_signs_first_and_asks_from_the_next_start_on(tmp_path: Path):
    save_environment(tmp_path, {"FLUXO_STREAMS_URL": "redis://127.0.0.1:8004"})
    first = topology(Settings(), tmp_path)
    assert list(_keys_of(first)) == ["entries-relay-1"]
    save_environment(tmp_path, first.environment)
    assert len(_keys_of(topology(Settings(), tmp_path))) == 2


def test_no_key_is_made_up_for_a_streams_server_that_others_may_share(tmp_path: Path):
    assert _keys_of(topology(Settings(streams_url="redis://shared:6379"), tmp_path)) == {}
