"""The link that `fluxo open` makes signs in once, for ten minutes, from this machine."""

import os
import shutil
import time
from threading import Barrier, Thread

import pytest
from fluxo_dashboard.sign_in.development import DevelopmentIssuer, LinkRefusedError
from fluxo_dashboard.sign_in.session import Session
from fluxo_local import issuer as local
from starlette.requests import Request


def asked_from(address: str | None) -> Request:
    client = None if address is None else (address, 50_000)
    return Request({"type": "http", "method": "GET", "headers": [], "client": client})


HERE = asked_from("127.0.0.1")


@pytest.fixture(scope="module")
def makes(tmp_path_factory: pytest.TempPathFactory) -> local.DevelopmentIssuer:
    """One for all: to make a key takes longer than all else here."""
    return local.DevelopmentIssuer(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def opens(makes: local.DevelopmentIssuer) -> DevelopmentIssuer:
    return DevelopmentIssuer(makes.directory)


@pytest.fixture(autouse=True)
def _no_links(makes: local.DevelopmentIssuer) -> None:
    shutil.rmtree(makes.links, ignore_errors=True)


def code_of(makes: local.DevelopmentIssuer, merchant: str = "padaria") -> str:
    return makes.link("http://127.0.0.1:8000", merchant).rpartition("/")[2]


def test_it_signs_in_as_the_merchants_owner(makes, opens):
    session = opens.session_for(code_of(makes), HERE)
    assert (session.merchant_id, session.role) == ("padaria", "owner")


def test_it_works_once(makes, opens):
    code = code_of(makes)
    opens.session_for(code, HERE)
    with pytest.raises(LinkRefusedError):
        opens.session_for(code, HERE)


def test_of_two_at_once_one_gets_in(makes, opens):
    code, together, got = code_of(makes), Barrier(2), list[Session | None]()

    def open_it() -> None:
        together.wait()
        try:
            got.append(opens.session_for(code, HERE))
        except LinkRefusedError:
            got.append(None)

    threads = [Thread(target=open_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(session is None for session in got) == [False, True]


@pytest.mark.parametrize(("age_s", "works"), [(590, True), (610, False)])
def test_it_works_for_ten_minutes(makes, opens, age_s, works):
    code = code_of(makes)
    (link,) = makes.links.iterdir()
    made = time.time() - age_s
    os.utime(link, (made, made))
    if works:
        assert opens.session_for(code, HERE)
    else:
        with pytest.raises(LinkRefusedError):
            opens.session_for(code, HERE)
    assert list(makes.links.iterdir()) == []


def test_a_new_one_clears_away_what_nobody_used(makes):
    code_of(makes)
    (old,) = makes.links.iterdir()
    os.utime(old, (0, 0))
    code_of(makes)
    assert old not in list(makes.links.iterdir())


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7", None])
def test_from_elsewhere_it_is_refused_and_is_still_good_here(makes, opens, address):
    code = code_of(makes)
    with pytest.raises(LinkRefusedError):
        opens.session_for(code, asked_from(address))
    assert opens.session_for(code, asked_from("::1"))


@pytest.mark.parametrize("code", ["", "no-such-code", "..", "/etc/passwd", "é\x00"])
def test_what_is_no_code_is_refused(opens, code):
    with pytest.raises(LinkRefusedError):
        opens.session_for(code, HERE)


def test_what_lies_on_the_disk_opens_nothing(makes, opens):
    """Who reads the names of the files has no code."""
    code_of(makes)
    (link,) = makes.links.iterdir()
    with pytest.raises(LinkRefusedError):
        opens.session_for(link.name, HERE)
    assert link.stat().st_mode & 0o077 == 0
