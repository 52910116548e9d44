from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swarmd.certificates.shared_key import make_key
from swarmd.config.store_options import StoreOptions
from swarmd.store.address import StoreAccess, parse_store_address
from swarmd.tls.trust import TlsFiles
from tests.config.test_settings import settings
from tests.lab.certificates import Authority

URL = "etcd://a:2379,b:2379/p"


def sharing(**given: Any) -> StoreOptions:
    found = settings(**{"store": URL, **given}).sharing
    assert found is not None
    return found


def test_without_a_store_there_is_nothing() -> None:
    assert settings().sharing is None
    assert settings(advertise="a:1", **{"replication-ttl": "20s"}).sharing is None


def test_what_is_given_counts(tmp_path: Path) -> None:
    login, key = tmp_path / "login", tmp_path / "key"
    login.write_text("swarmd:pass")
    key.write_bytes(make_key())
    given = {"store-login": str(login), "store-key": str(key), "store-ttl": "30s"}
    found = sharing(advertise="door:1", **given)
    assert found == StoreOptions(
        parse_store_address(URL), 30.0, "door:1", StoreAccess(None, str(login)), str(key)
    )
    assert found.seal() is not None and sharing().seal() is None


def test_old_unit_files_mean_what_they_meant() -> None:
    found = sharing(replication=1, addr="door:1", **{"replication-ttl": "20s"})
    assert (found.advertise, found.ttl) == ("door:1", 20.0)


def test_tls(tmp_path: Path) -> None:
    pem = Authority(tmp_path).issue("front")
    ca, cert, key = str(pem.ca), str(pem.cert), str(pem.key)
    found = sharing(**{"store-tlscacert": ca, "store-tlscert": cert, "store-tlskey": key})
    assert found.access.tls == TlsFiles(ca, cert, key, True)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"store": "http://a"}, "--store: http://a is none of etcd://"),
        ({"store-ttl": "1s"}, "--store-ttl: 1s is not from 5s to 60s"),
        ({"store-ttl": "x"}, "--store-ttl: 'x' is not a duration"),
        ({"advertise": "door 1:2376"}, "--advertise: 'door 1:2376' is not of the form HOST:PORT"),
        ({"addr": "door\x1b[31m:2376"}, r"--addr: 'door\\x1b\[31m:2376' is not of the form"),
        ({"replication-ttl": "2h"}, "--replication-ttl: 2h is not from"),
        ({"store-login": "/gone"}, "cannot use the store's log-in in /gone"),
        ({"store-key": "/gone"}, "--store-key /gone: No such file"),
        ({"store-key": "/dev/null"}, "--store-key /dev/null: it is no regular file"),
        ({"store-tlscert": "/c"}, "--store-tlscert and --store-tlskey need --store-tlscacert"),
        ({"store-tlscacert": "/c", "store-tlskey": "/k"}, "must be provided together"),
        ({"store-tlscacert": "/gone"}, "/gone"),
        ({"store": None, "store-key": "/k"}, "--store-key needs --store"),
        ({"store": None, "store-ttl": "10s"}, "--store-ttl needs --store"),
        ({"store": None, "replication": 1}, "--replication needs --store"),
    ],
)
def test_what_is_wrong_is_told(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        sharing(**given)
