from fluxo_chassis.redis.address import Address


def test_a_url_of_sentinels_names_them_the_service_and_who_logs_in_where():
    url = "rediss+sentinel://relay:s%2Fcret@s1,s2:7000,127.0.0.1:7001/events/3?sentinel_password=theirs"
    address = Address.parse(url)
    assert (address.service, address.database, address.is_encrypted) == ("events", 3, True)
    assert [(each.host, each.port) for each in address.of_sentinels()] == [
        ("s1", 26379),
        ("s2", 7000),
        ("127.0.0.1", 7001),
    ]
    assert {(each.username, each.password, each.database) for each in address.of_sentinels()} == {
        ("default", "theirs", 0)
    }
    found = address.at("10.0.0.7", 6379)
    assert (found.host, found.port, found.username, found.password) == ("10.0.0.7", 6379, "relay", "s/cret")
    assert (found.database, found.sentinels) == (3, ())


def test_other_urls_name_no_sentinel():
    address = Address.parse("redis://:secret@h:7/2")
    assert (address.host, address.port, address.database, address.sentinels) == ("h", 7, 2, ())
