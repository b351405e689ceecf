import pytest


@pytest.fixture
def cash_book(fluxo, service):
    return lambda *arguments: fluxo("cash-book", *arguments, "--entries-url", service.url, "--token", "t")


@pytest.mark.parametrize(
    ("days", "asked"),
    [
        (("--month", "2026-02"), "from=2026-02-01&to=2026-02-28"),
        (("--from", "2026-11-05", "--to", "2026-12-01"), "from=2026-11-05&to=2026-12-01"),
    ],
)
def test_the_book_of_these_days_is_written(cash_book, service, tmp_path, days, asked):
    service.answers_with(200, {"any": "bytes"})
    outcome = cash_book(*days, "--output", str(tmp_path / "livro.PDF"))
    assert outcome.exit_status == 0
    assert (tmp_path / "livro.PDF").read_bytes()
    (request,) = service.requests
    assert request.path == f"/v1/cash-book?{asked}&format=pdf"


def test_a_csv_for_brazil_is_asked_for(cash_book, service, tmp_path):
    service.answers_with(200, {"any": "bytes"})
    assert cash_book("--month", "2026-11", "--locale", "pt-BR", "--output", str(tmp_path / "l.csv")).exit_status == 0
    assert service.requests[0].path == "/v1/cash-book?from=2026-11-01&to=2026-11-30&format=csv&locale=pt-BR"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--output", "livro.pdf"),
        ("--month", "2026-13", "--output", "livro.pdf"),
        ("--month", "2026-11", "--from", "2026-11-01", "--output", "livro.pdf"),
        ("--from", "2026-11-01", "--output", "livro.pdf"),
        ("--month", "2026-11", "--output", "livro.docx"),
        ("--month", "2026-11", "--locale", "pt-BR", "--output", "livro.pdf"),
        ("--month", "2026-11"),
    ],
)
def test_what_is_not_clear_is_not_asked_for(cash_book, service, arguments):
    assert cash_book(*arguments).exit_status == 2
    assert not service.requests


def test_nothing_is_left_of_a_book_that_was_refused(cash_book, service, tmp_path):
    service.answers_with(422, {"title": "Invalid request", "detail": "There are more than 200,000 entries."})
    outcome = cash_book("--month", "2026-11", "--output", str(tmp_path / "livro.pdf"))
    assert outcome.exit_status == 1
    assert "200,000" in outcome.err
    assert list(tmp_path.glob("livro*")) == []
