"""No sentence of the page is left in English on a Portuguese page."""

from importlib.resources import files
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

SOURCE = Path(str(files("fluxo_dashboard")))


def test_every_sentence_has_its_portuguese_and_none_is_left_over():
    with (SOURCE.parents[1] / "babel.cfg").open() as config:
        methods, options = parse_mapping_cfg(config)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None}
    extracted = extract_from_dir(SOURCE, methods, options, keywords)
    sentences = {message for _file, _line, message, _comments, _context in extracted}
    with (SOURCE / "locale/pt_BR/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = {message.id: message.string for message in read_po(file, locale="pt_BR") if message.id}
    assert sentences == set(catalogue), "run: make catalogue"
    missing = [sentence for sentence, said in catalogue.items() if not (said if isinstance(said, str) else all(said))]
    assert missing == [], "to be translated in locale/pt_BR"
