from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.addresses import MOST_ADDRESSES
from swarmd.discovery.entry import Entry, TlsOverride
from swarmd.discovery.hosts_file import _unquoted, parse_hosts, parse_line


def addresses(text: str) -> list[str]:
    return [entry.address for entry in parse_hosts(text, 2375).entries]


SOON = 20.0  # seconds of CPU, while coverage is measured; what is quadratic takes minutes


@pytest.mark.parametrize("line", ["", "   ", "\t\r", "# all", "  # indented", "#"])
def test_nothing_in_a_line(line: str) -> None:
    assert parse_line(line, 2375) == []


def test_a_full_line() -> None:
    line = "tcp://Db:2376 zone=east owner='team blue' empty= name=db-1 tlsname=db.internal # why"
    assert parse_line(line, 2375) == [
        Entry(
            "db:2376",
            "Db:2376",
            labels={"zone": "east", "owner": "team blue", "empty": ""},
            name="db-1",
            tls=TlsOverride(name="db.internal"),
        )
    ]


def test_tls_files_of_one_engine() -> None:
    line = "a tlscacert=/c tlscert=/d tlskey=/k"
    (entry,) = parse_line(line, 2376)
    assert entry.tls == TlsOverride("/c", "/d", "/k")
    assert entry.labels == {}
    assert entry.address == "a:2376"


def test_tls_files_lie_beside_the_hosts_file() -> None:
    line = "a tlscacert=tls/ca.pem tlscrl=../crl.pem tlscert=/d tlskey=./k.pem"
    (entry,) = parse_line(line, 2375, "/etc/swarmd")
    assert entry.tls == TlsOverride(
        "/etc/swarmd/tls/ca.pem", "/d", "/etc/swarmd/k.pem", crl="/etc/crl.pem"
    )


@pytest.mark.parametrize(
    ("line", "default", "address"),
    [
        ("a tls=off", 2376, "a:2375"),
        ("a tls=on", 2375, "a:2376"),
        ("a tls=verify", 2375, "a:2376"),
        ("a tlscacert=/c", 2375, "a:2376"),
        ("a tlsname=b", 2375, "a:2375"),
        ("a:9 tls=on", 2375, "a:9"),
    ],
)
def test_the_port_follows_from_tls(line: str, default: int, address: str) -> None:
    assert parse_line(line, default)[0].address == address


def test_every_engine_of_a_range_has_the_labels() -> None:
    found = parse_line("10.0.0.[9:11] gpu=0,1", 2375)
    assert [entry.address for entry in found] == [
        "10.0.0.9:2375",
        "10.0.0.10:2375",
        "10.0.0.11:2375",
    ]
    assert all(entry.labels == {"gpu": "0,1"} for entry in found)


def test_whole_file_with_every_kind_of_line_end() -> None:
    text = "# fleet\r\na:1 # first\r\n\r\nunix:///run/d.sock\n  [::1]:3\nssh://ops@b"
    assert addresses(text) == ["a:1", "unix:///run/d.sock", "[::1]:3", "ssh://ops@b:22"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a b", "'b' is not key=value"),
        ("a =b", "'=b' is not key=value"),
        ("a x=1 x=2", "x is given twice"),
        ("a node=b", "node cannot be a label; name= names an engine"),
        ("a name=b/c", "name=b/c: a name has letters, digits, and '_', '.', '-'"),
        ("h[1:2] name=b", "name=b is given to 2 engines"),
        ("a tlscert=/c", "tlscert= and tlskey= belong together"),
        ("a tlscacert=ca.pem", "'ca.pem': give the absolute path of a file"),
        ("a tlscacert=", "'': give the absolute path of a file"),
        (
            "a tlsca=/c",
            "there is no word tlsca=, but tls, tlscacert, tlscert, tlskey, tlscrl, tlsname",
        ),
        ("a tls=yes", "tls=yes is none of off, on, verify"),
        ("a tls=off tlscacert=/c", "tls=off speaks plainly: tlscacert= has no use"),
        ("a tlsname=b tls=on", "tls=on verifies nothing: tlsname= needs tls=verify"),
        (
            "unix:///a tls=on",
            "there is no TLS on unix:// and ssh://, so tls words mean nothing",
        ),
        ("a sshkey=/k", "sshkey= is for ssh:// addresses"),
        ("ssh://a sshkey=k", "'k': give the absolute path of a file"),
        ("a 'x=1", "No closing quotation"),
        ("a x=\x00", "it holds characters that are no text in UTF-8"),
        ("a x=\ufffd", "it holds characters that are no text in UTF-8"),
        ("h:99999", "'h:99999': '99999' is not a port (1 to 65535)"),
        ("a x=\\", "No escaped character"),
        ("a" + "[1:1]" * 17, "it has 17 ranges, and 16 are the most"),
        ("a" + "[1:1]" * 10_000, "it has 10000 ranges, and 16 are the most"),
        ("a '" + "x" * 65_600 + "'", "it is longer than 64 KiB"),
        ("a " + "b" * 400, f"'{'b' * 296}…"),
        ("h[3:1]", "range [3:1] runs backwards"),
        ("http://a", "'http://a': unsupported protocol 'http'; use tcp, unix or ssh"),
    ],
)
def test_a_bad_line_is_reported_and_the_rest_serves(line: str, reason: str) -> None:
    hosts = parse_hosts(f"good-1\n{line}\ngood-2\n", 2375)
    assert [entry.address for entry in hosts.entries] == ["good-1:2375", "good-2:2375"]
    assert hosts.problems == [f"2: {reason}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a\nA:2375", "2: a:2375 is in line 1 already"),
        ("a name=x\n\nb name=x", "3: name=x is in line 1 already"),
        ("a[1:2]\na[2:3]", "2: a2:2375 is in line 1 already"),
        ("a\nh[1:11][1:11]", "2: it names one address twice"),
    ],
)
def test_one_address_or_name_in_two_lines(text: str, problem: str) -> None:
    assert parse_hosts(text, 2375).problems == [problem]


def test_the_key_for_a_host_is_no_label() -> None:
    (entry,) = parse_hosts("ssh://ops@a:2222 sshkey=/k zone=east", 2375).entries
    assert (entry.ssh_key, entry.labels) == ("/k", {"zone": "east"})
    assert not entry.same_connection(replace(entry, ssh_key=""))


def test_the_fleet_is_bounded() -> None:
    hosts = parse_hosts("a[1:9999]\nb\nc\n", 2375)
    assert len(hosts.entries) == MOST_ADDRESSES
    assert hosts.problems == ["3: there are more than 10000 engines"]


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    hosts = parse_hosts(text, 2375)
    keys = [entry.key for entry in hosts.entries]
    assert len(keys) == len(set(keys))
    assert len(hosts.problems) <= text.count("\n") + 1
    assert not any("\n" in problem for problem in hosts.problems)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\n" * 300_000, "it has more than 100000 lines"),
        ("bad line\n" * 50_000, "more than 1000 of its lines are wrong: is it a hosts file?"),
        ("h[1:9999]\n" * 50_000, "its lines stand for more than 30000 addresses"),
        ("h[1:9999] bad\n" * 50_000, "more than 1000 of its lines are wrong"),
    ],
)
def test_a_file_that_is_none_is_given_up_soon(text: str, reason: str) -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match=reason):
        parse_hosts(text, 2375)
    assert time.process_time() - began < SOON


@pytest.mark.parametrize(
    "line",
    [
        "a" + "[1:1]" * 780_000,
        'a x="' + "b" * 3_500_000 + '"',
        *(f"a x={mark * 16_000}\n" * 60 for mark in ("'b\"", '"\\"', '\\"', "''", "'\" ")),
    ],
)
def test_no_line_takes_longer_than_it_is_long(line: str) -> None:
    began = time.process_time()
    parse_hosts(line, 2375)
    assert time.process_time() - began < SOON


@given(st.text("ab='\"\\# \t", max_size=30))
def test_quotes_mean_what_a_shell_makes_of_them(text: str) -> None:
    def words(of: Callable[[str], list[str]]) -> list[str] | None:
        try:
            return of(text)
        except ValueError:
            return None

    assert words(_unquoted) == words(lambda text: shlex.split(text, comments=True))
