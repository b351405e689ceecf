import json
from hashlib import sha256
from importlib.resources import files

VENDOR = files("fluxo_dashboard").joinpath("static/vendor")


def test_every_file_of_others_is_listed_with_its_version_licence_and_hash():
    listed = json.loads(VENDOR.joinpath("vendor.json").read_text())
    assert {each["file"] for each in listed} | {"vendor.json"} == {file.name for file in VENDOR.iterdir()}
    for each in listed:
        assert sha256(VENDOR.joinpath(each["file"]).read_bytes()).hexdigest() == each["sha256"], each["file"]
        assert each["version"]
        assert each["licence"] in {"0BSD", "MIT"}
