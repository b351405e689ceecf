from uuid import UUID

import pytest
from fluxo_contracts.cut_off import CutOff, NoCutOffError, decode_cut_off, encode_cut_off


def test_a_cut_off_is_one_line_and_comes_back_as_it_was():
    cut_off = CutOff(since=UUID(int=7 << 80), applied=[UUID(int=8 << 80), UUID(int=9 << 80)])
    line = encode_cut_off(cut_off)
    assert line.index(b"\n") == len(line) - 1
    assert line.startswith(b'{"since":')
    assert decode_cut_off(line) == cut_off


@pytest.mark.parametrize("line", [b"", b"hello\n", b"{}\n", b'{"since":"today","applied":[]}\n'])
def test_another_line_is_no_cut_off(line):
    with pytest.raises(NoCutOffError):
        decode_cut_off(line)
