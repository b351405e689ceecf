from fluxo_dashboard.services.last_known import LastKnown


def test_the_answers_to_those_who_looked_last_are_kept():
    known = LastKnown[int]()
    for number in range(1_000):
        known.note(("m1", number), number)
    known.note(("m1", 0), -1)
    known.note(("m2", 0), 7)
    assert known.find(("m1", 0)) == -1
    assert known.find(("m1", 1)) is None
    assert known.find(("m1", 2)) == 2
    assert known.find(("m2", 0)) == 7
