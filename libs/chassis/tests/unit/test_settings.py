import pytest
from fluxo_chassis.settings import AuthSettings, CorsSettings, PostgresUrl, ProcessSettings, RedisUrl, load


class Settings(ProcessSettings, AuthSettings, CorsSettings):
    process = "some-api"
    database_url: str


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("FLUXO_DATABASE_URL", "postgresql://u:hidden@h/d")
    monkeypatch.setenv("FLUXO_AUTH_JWKS_URL", "file:///keys/jwks.json")
    return monkeypatch


def refusal(capsys):
    with pytest.raises(SystemExit) as exit_:
        load(Settings)
    assert exit_.value.code == 2
    return capsys.readouterr().err


def test_development_needs_little():
    settings = load(Settings)
    assert settings.auth_issuer == "fluxo-development"
    assert settings.host == "127.0.0.1"
    assert settings.instance.startswith("some-api-")


def test_a_missing_variable_is_named_and_an_empty_one_is_missing(environment, capsys):
    environment.delenv("FLUXO_DATABASE_URL")
    assert refusal(capsys) == "FLUXO_DATABASE_URL is not set.\n"
    environment.setenv("FLUXO_DATABASE_URL", "")
    assert refusal(capsys) == "FLUXO_DATABASE_URL is not set.\n"


def test_every_wrong_variable_is_named_and_its_value_is_not_shown(environment, capsys):
    environment.setenv("FLUXO_PORT", "secret")
    environment.setenv("FLUXO_LOG_LEVEL", "secret")
    told = refusal(capsys)
    assert [line.split()[0] for line in told.splitlines()] == ["FLUXO_LOG_LEVEL", "FLUXO_PORT"]
    assert "secret" not in told


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "fluxo.example"])  # noqa: S104 - nobody listens
def test_who_can_be_reached_says_whether_it_is_for_development(environment, capsys, host):
    environment.setenv("FLUXO_HOST", host)
    for unset in (None, ""):
        if unset is not None:
            environment.setenv("FLUXO_ENVIRONMENT", unset)
        assert refusal(capsys) == (
            "FLUXO_ENVIRONMENT is not set, and FLUXO_HOST is an address that others reach: "
            "say production, or development.\n"
        )
    environment.setenv("FLUXO_ENVIRONMENT", "development")
    assert load(Settings).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_on_this_machine_alone_it_is_development(environment, host):
    environment.setenv("FLUXO_HOST", host)
    assert load(Settings).environment == "development"


def test_production_refuses_the_development_issuer(environment, capsys):
    environment.setenv("FLUXO_ENVIRONMENT", "production")
    environment.setenv("FLUXO_AUTH_JWKS_URL", "https://issuer.example/jwks.json")
    assert refusal(capsys) == "FLUXO_AUTH_ISSUER must not be the development issuer in production.\n"


@pytest.mark.parametrize("url", ["file:///keys/jwks.json", "http://issuer.example/jwks.json"])
def test_production_takes_keys_over_https_only(environment, capsys, url):
    environment.setenv("FLUXO_ENVIRONMENT", "production")
    environment.setenv("FLUXO_AUTH_ISSUER", "https://issuer.example")
    environment.setenv("FLUXO_AUTH_JWKS_URL", url)
    assert refusal(capsys) == "FLUXO_AUTH_JWKS_URL must be an https:// URL in production.\n"


def test_production_starts_with_an_issuer_of_its_own(environment):
    environment.setenv("FLUXO_ENVIRONMENT", "production")
    environment.setenv("FLUXO_AUTH_ISSUER", "https://issuer.example")
    environment.setenv("FLUXO_AUTH_JWKS_URL", "https://issuer.example/jwks.json")
    assert load(Settings).environment == "production"


def test_log_lines_go_to_standard_output_unless_told_otherwise(environment):
    assert load(Settings).log_destinations == ("stdout",)
    environment.setenv("FLUXO_LOG_DESTINATIONS", "stdout, file,otlp")
    environment.setenv("FLUXO_LOG_FILE", "/var/log/fluxo/{instance}.log")
    environment.setenv("FLUXO_OTLP_ENDPOINT", "http://collector:4318")
    assert load(Settings).log_destinations == ("stdout", "file", "otlp")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"LOG_DESTINATIONS": "stdout,syslog"},
            "FLUXO_LOG_DESTINATIONS is not valid: It takes stdout, file, otlp, or several of them with commas between.",
        ),
        (
            {"LOG_DESTINATIONS": "file"},
            "FLUXO_LOG_FILE is not set, and FLUXO_LOG_DESTINATIONS has file in it.",
        ),
        (
            {"LOG_DESTINATIONS": "stdout,otlp"},
            "FLUXO_OTLP_ENDPOINT is not set, and FLUXO_LOG_DESTINATIONS has otlp in it.",
        ),
    ],
)
def test_a_destination_that_cannot_be_used_is_said_in_a_sentence(environment, capsys, variables, sentence):
    for name, value in variables.items():
        environment.setenv(f"FLUXO_{name}", value)
    assert refusal(capsys) == f"{sentence}\n"


def test_a_hash_key_is_long_enough_and_never_shown(environment, capsys):
    environment.setenv("FLUXO_LOG_HASH_KEY", "tooshort")
    told = refusal(capsys)
    assert told.startswith("FLUXO_LOG_HASH_KEY is not valid: ")
    assert "tooshort" not in told
    environment.setenv("FLUXO_LOG_HASH_KEY", "long-enough-to-be-a-key")
    assert "long-enough" not in repr(load(Settings))


class Places(ProcessSettings):
    database_url: PostgresUrl = "postgresql://h/d"
    streams_url: RedisUrl = "redis://h"


@pytest.mark.parametrize(
    "url",
    ["redis://h/0", "rediss://h", "valkey://h", "valkeys://h", "unix:///run/redis.sock", "redis+sentinel://h,h2:1/s/0"],
)
def test_redis_urls_name_their_scheme(environment, url):
    environment.setenv("FLUXO_STREAMS_URL", url)
    assert load(Places).streams_url == url


@pytest.mark.parametrize("variable", ["DATABASE_URL", "STREAMS_URL"])
@pytest.mark.parametrize("url", ["foo", "http://h/d", "//h/d"])
def test_a_url_of_another_kind_is_refused_in_a_sentence_without_showing_it(environment, capsys, variable, url):
    environment.setenv(f"FLUXO_{variable}", url)
    with pytest.raises(SystemExit):
        load(Places)
    told = capsys.readouterr().err
    assert told.startswith(f"FLUXO_{variable} is not valid: ")
    assert told.count("\n") == 1
    assert url not in told


@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("redis://h/0?retry=3", "has unknown options: retry"),
        ("redis://h/books", "ends in the number of a database, or in none"),
        ("redis+sentinel://h,h2", "ends, after sentinels, in a service or in that and a database"),
        ("redis+sentinel://h,h2/s/books", "ends in the number of a database, or in none"),
        ("redis+sentinel://:se/cret@h/s", "has no number as its port, or an unescaped password"),
        (
            "unix+sentinel:///h/s",
            (
                "begins with redis://, rediss://, valkey://, valkeys:// or unix://, "
                "or, with +sentinel before the colon, names sentinels"
            ),
        ),
        ("redis://:se/cret@h", "has no number as its port, or an unescaped password"),
    ],
)
def test_a_redis_url_that_nobody_can_use_is_refused_in_a_sentence(environment, capsys, url, because):
    environment.setenv("FLUXO_STREAMS_URL", url)
    with pytest.raises(SystemExit):
        load(Places)
    assert capsys.readouterr().err == f"FLUXO_STREAMS_URL is not valid: The URL of a Redis server {because}.\n"


def test_pages_of_other_origins_are_named_as_browsers_name_them(environment):
    assert load(Settings).cors_origins == ()
    origins = ("https://app.example", "http://127.0.0.1:8000", "http://[::1]:8000")
    environment.setenv("FLUXO_CORS_ORIGINS", ", ".join(origins))
    assert load(Settings).cors_origins == origins


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "app.example",
        "https://app.example/",
        "https://App.example",
        "https://app.example:443",
        "http://app.example:80",
        "https://app.example:0443",
        "https://caf\u00e9.example",
        "https://*.example",
        "ftp://app.example",
        "https://app.example,",
    ],
)
def test_an_origin_that_no_browser_sends_is_refused(environment, capsys, origin):
    environment.setenv("FLUXO_CORS_ORIGINS", origin)
    assert refusal(capsys).startswith("FLUXO_CORS_ORIGINS is not valid: It takes origins as browsers send them, ")
