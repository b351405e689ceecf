"""Systems of the tests start on a copy of one data directory: one that stopped being copied would only be slower."""

import os

from fluxo_local.embedded.confinement import namespace_reaches

from tests.harness.system import copy_prepared


def test_the_copy_has_the_cluster_unless_it_is_elsewhere(prepared_data, tmp_path):
    is_inside = os.geteuid() != 0 or namespace_reaches(prepared_data)
    copy_prepared(prepared_data, tmp_path / "data")
    assert (tmp_path / "data" / "postgres" / "cluster" / "PG_VERSION").exists() == is_inside
