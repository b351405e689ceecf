"""compose's balancer follows the rules of the one that `fluxo up` starts."""

import re

from fluxo_local.nginx import Upstream, balancer

from tests.deploy.operator import COMPOSE

_RULE = re.compile(r"(?:proxy_(?:connect|read|next)\w+|max_fails|error_page|least_conn|keepalive|if \()[^;]*;")


def rules(text: str) -> set[str]:
    """What a configuration says of time-outs, of instances that fail, and of what is sent again."""
    return {re.sub(r"\s+", " ", rule) for rule in _RULE.findall(re.sub(r"#.*", "", text))}


def test_the_rules_are_those_of_fluxo_up(tmp_path):
    balancer(tmp_path, [Upstream("entries", 1, [2])], health_port=3, env={})
    ours = rules((tmp_path / "nginx.conf").read_text())
    assert {"max_fails=2 fail_timeout=1s;", "proxy_next_upstream error timeout non_idempotent;"} <= ours
    assert rules((COMPOSE / "nginx" / "nginx.conf").read_text()) == ours
