from tests.harness.ports import free_port


def test_a_port_that_nobody_has_bound_yet_is_not_given_twice():
    assert len({free_port() for _ in range(200)}) == 200
