"""Several CAs at once: names that are equal, lists in any order, and what counts of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from swarmd.certificates.describe import authority
from swarmd.tls.authorities import Authorities
from swarmd.tls.trust import TlsFiles, server_trust
from tests.lab.certificates import Authority, Certificate
from tests.streams.handshake import Handshake, files

DAY = timedelta(days=1)
NAME = "fleet CA"


class Two:
    """An old CA and a new one, each with a node, a user, and a user who is revoked."""

    def __init__(
        self, folder: Path, names: tuple[str, str], *, key_ids: bool, in_lists: bool
    ) -> None:
        self.folder = folder
        self.cas = [
            Authority(folder / f"{place}", name, key_ids=key_ids)
            for place, name in enumerate(names)
        ]
        self.nodes = [ca.issue("node", ["node"]) for ca in self.cas]
        # As those count who do not think of it: the same numbers again.
        self.users = [ca.issue("user", serial=2 + place) for place, ca in enumerate(self.cas)]
        self.eves = [ca.issue("eve", serial=3 - place) for place, ca in enumerate(self.cas)]
        for ca, eve in zip(self.cas, self.eves, strict=True):
            ca.revoke(eve, key_id=in_lists)

    def put_together(self, kind: str, parts: Iterable[Path]) -> str:
        whole = self.folder / f"{kind}.pem"
        whole.write_bytes(b"".join(part.read_bytes() for part in parts))
        return str(whole)

    def with_both(self, of: Certificate, **other: str) -> TlsFiles:
        cas = self.put_together("cas", [node.ca for node in self.nodes])
        return files(of, **{"ca": cas, **other})


KINDS = {
    "one name": (NAME, True, True),
    "one name, key ids in certificates alone": (NAME, True, False),
    "one name, no key ids": (NAME, False, False),
    "two names": (f"{NAME} 2", True, True),
    "two names, no key ids": (f"{NAME} 2", False, False),
}


@pytest.fixture(params=KINDS)
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Two:
    second, key_ids, in_lists = KINDS[request.param]
    return Two(tmp_path, (NAME, second), key_ids=key_ids, in_lists=in_lists)


ORDERS = list(itertools.product([(0, 1), (1, 0)], repeat=2))


@pytest.mark.parametrize(("cas", "lists"), ORDERS)
def test_side_by_side_in_every_order(
    two: Two, cas: tuple[int, ...], lists: tuple[int, ...]
) -> None:
    ca = two.put_together("cas", [two.nodes[each].ca for each in cas])
    crl = two.put_together("crls", [two.cas[each].crl for each in lists])
    for node, place in itertools.product(two.nodes, (0, 1)):
        server = files(node, ca=ca, crl=crl)
        user, eve = two.with_both(two.users[place]), two.with_both(two.eves[place])
        done = Handshake(server, user)
        assert done.good, done.refused
        (why,) = Handshake(server, eve).refused
        assert why == f'its certificate "CN=eve" was revoked by {signer(two, place)}'
    for node in two.nodes:
        done = Handshake(two.with_both(node), files(two.users[0], ca=ca, crl=crl))
        assert done.good, done.client.refusal


def signer(two: Two, place: int) -> str:
    return authority(two.cas[place].certificate)


def test_one_list_of_two(two: Two) -> None:
    """Whoever it is not for is not let in: nothing is known of them."""
    for place in (0, 1):
        server = two.with_both(two.nodes[0], crl=str(two.cas[place].crl))
        assert Handshake(server, two.with_both(two.users[place])).good
        (why,) = Handshake(server, two.with_both(two.users[1 - place])).refused
        assert f"there is no list of revoked ones of {signer(two, 1 - place)}" in why
        trust = server_trust(server)
        trust.read()
        (remark,) = trust.current.remarks
        assert f"has no list of {signer(two, 1 - place)}, so nobody" in remark


def test_an_expired_list_of_one_of_two(two: Two) -> None:
    for place in (0, 1):
        kept = two.cas[place].crl.read_bytes()
        two.cas[place].revoke(valid=-1 * DAY)
        server = two.with_both(
            two.nodes[0], crl=two.put_together("crls", [ca.crl for ca in two.cas])
        )
        assert Handshake(server, two.with_both(two.users[1 - place])).good
        (why,) = Handshake(server, two.with_both(two.users[place])).refused
        assert why.endswith(f"{signer(two, place)}'s list of revoked ones has expired")
        two.cas[place].crl.write_bytes(kept)


def test_the_old_one_is_gone_and_its_list_is_not(two: Two) -> None:
    for lists in (two.cas, two.cas[::-1]):
        crl = two.put_together("crls", [ca.crl for ca in lists])
        server = files(two.nodes[1], crl=crl)
        assert Handshake(server, files(two.users[1])).good
        assert Handshake(server, files(two.eves[1])).refused
        (why,) = Handshake(server, two.with_both(two.users[0])).refused
        assert signer(two, 1) in why and "not" in why
        trust = server_trust(server)
        trust.read()
        assert trust.current.remarks == ()


def test_only_who_is_revoked_goes(two: Two) -> None:
    """Serial numbers count for one CA, whatever it is called."""
    crl = [ca.revoke() for ca in two.cas]
    server = two.with_both(two.nodes[0])
    for place in (0, 1):
        for ca in two.cas:
            ca.revoke()
        given = TlsFiles(
            server.ca, server.cert, server.key, True, crl=two.put_together("crls", crl)
        )
        open_ones = [Handshake(given, two.with_both(user)) for user in (*two.users, *two.eves)]
        assert all(done.good for done in open_ones)
        two.cas[place].revoke(two.users[place])
        two.put_together("crls", crl)
        for done in open_ones:
            done.server.creator.trust.read()
            done.factory.drop_revoked()
        assert [bool(done.refused) for done in open_ones] == [place == 0, place == 1, False, False]


@pytest.mark.parametrize("key_ids", [True, False])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_ca_made_anew_with_its_own_key(
    tmp_path: Path, key_ids: bool, order: tuple[int, int]
) -> None:
    old = Authority(tmp_path / "0", NAME, key_ids=key_ids, valid=-1 * DAY)
    new = Authority(tmp_path / "1", NAME, key_ids=key_ids, renews=old)
    node, user, eve = new.issue("node", ["node"]), old.issue("user"), old.issue("eve")
    both = tmp_path / "cas.pem"
    both.write_bytes(b"".join([user.ca, node.ca][each].read_bytes() for each in order))
    for signs in (old, new):
        server = files(node, ca=str(both), crl=str(signs.revoke(eve)))
        assert Handshake(server, files(user, ca=str(node.ca))).good
        assert "was revoked by" in Handshake(server, files(eve, ca=str(node.ca))).refused[0]


@pytest.mark.parametrize("key_id", [True, False])
def test_the_last_list_of_a_ca_counts(tmp_path: Path, key_id: bool) -> None:
    ca = Authority(tmp_path)
    node, user, eve = ca.issue("node", ["node"]), ca.issue("user"), ca.issue("eve")
    before = ca.revoke(since=-2 * DAY, number=1, key_id=key_id).read_bytes()
    same = ca.revoke(since=-1 * DAY, number=2, key_id=key_id).read_bytes()
    last = ca.revoke(eve, since=-1 * DAY, number=3, key_id=key_id).read_bytes()
    whole = tmp_path / "crls.pem"
    for order in itertools.permutations((before, same, last, last)):
        whole.write_bytes(b"".join(order))
        server = files(node, crl=str(whole))
        assert Handshake(server, files(user)).good
        assert Handshake(server, files(eve)).refused


def test_the_last_list_counts_also_if_only_an_older_one_has_not_expired(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    node, eve = ca.issue("node", ["node"]), ca.issue("eve")
    before = ca.revoke(since=-2 * DAY, valid=9 * DAY).read_bytes()
    after = ca.revoke(eve, since=-1 * DAY, valid=timedelta(hours=-1)).read_bytes()
    (tmp_path / "crls.pem").write_bytes(before + after)
    (why,) = Handshake(files(node, crl=str(tmp_path / "crls.pem")), files(eve)).refused
    assert "has expired" in why


def test_a_list_of_changes_alone_takes_nothing_back(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    node, user, eve = ca.issue("node", ["node"]), ca.issue("user"), ca.issue("eve")
    whole = ca.revoke(eve, since=-2 * DAY, number=1).read_bytes()
    change = ca.revoke(since=-1 * DAY, number=2, extension=x509.DeltaCRLIndicator(1)).read_bytes()
    crls = tmp_path / "crls.pem"
    for order in ((whole, change), (change, whole)):
        crls.write_bytes(b"".join(order))
        assert Handshake(files(node, crl=str(crls)), files(user)).good
        assert Handshake(files(node, crl=str(crls)), files(eve)).refused
    crls.write_bytes(change)
    assert Handshake(files(node, crl=str(crls)), files(user)).refused


@pytest.mark.parametrize("key_ids", [True, False])
def test_intermediate_cas_of_one_name(tmp_path: Path, key_ids: bool) -> None:
    root = Authority(tmp_path, "root", key_ids=key_ids)
    below = [
        Authority(tmp_path / str(place), "below", above=root, key_ids=key_ids) for place in (0, 1)
    ]
    node, users = below[0].issue("node", ["node"]), [ca.issue("user") for ca in below]
    whole = tmp_path / "crls.pem"
    for gone in (0, 1):
        lists = [
            ca.revoke(users[place]) if place == gone else ca.revoke()
            for place, ca in enumerate(below)
        ]
        for order in (lists, lists[::-1], [*lists, root.revoke()]):
            whole.write_bytes(b"".join(path.read_bytes() for path in order))
            server = files(node, crl=str(whole))
            assert Handshake(server, files(users[1 - gone])).good
            done = Handshake(server, files(users[gone]))
            assert 'was revoked by "CN=below"' in done.refused[0]
    whole.write_bytes(b"".join(ca.revoke().read_bytes() for ca in (*below,)))
    whole.write_bytes(whole.read_bytes() + root.revoke(below[1]).read_bytes())
    server = files(node, crl=str(whole))
    assert Handshake(server, files(users[0])).good
    assert "of its CA" in Handshake(server, files(users[1])).refused[0]


def test_chains_below_two_roots_of_one_name(tmp_path: Path) -> None:
    """The name of who signed an intermediate CA does not tell which of the two it was."""
    roots = [Authority(tmp_path / str(place), "root", key_ids=False) for place in (0, 1)]
    strict = Authority(tmp_path / "2", "root", key_ids=False, path_length=0)
    below = [
        Authority(tmp_path / f"below-{place}", "below", above=root, key_ids=False)
        for place, root in enumerate((*roots, strict))
    ]
    node = roots[0].issue("node", ["node"])
    users = [ca.issue("user") for ca in below]
    cas = tmp_path / "cas.pem"
    for order in itertools.permutations(users[:2]):
        cas.write_bytes(b"".join(user.ca.read_bytes() for user in order))
        for user in users[:2]:
            assert Handshake(files(node, ca=str(cas)), files(user, ca=str(node.ca))).good
    for order in itertools.permutations(users):
        cas.write_bytes(b"".join(user.ca.read_bytes() for user in order))
        assert Handshake(files(node, ca=str(cas)), files(users[2], ca=str(node.ca))).refused


@pytest.mark.parametrize("key_ids", [True, False])
def test_a_ca_that_is_revoked_by_one_of_two_roots_of_one_name(
    tmp_path: Path, key_ids: bool
) -> None:
    roots = [Authority(tmp_path / str(place), "root", key_ids=key_ids) for place in (0, 1)]
    below = [
        Authority(tmp_path / f"below-{place}", f"below-{place}", above=root, key_ids=key_ids)
        for place, root in enumerate(roots)
    ]
    node, users = roots[0].issue("node", ["node"]), [ca.issue("user") for ca in below]
    cas, crls = tmp_path / "cas.pem", tmp_path / "crls.pem"
    cas.write_bytes(b"".join(user.ca.read_bytes() for user in users))
    for gone in (0, 1):
        lists = [ca.revoke() for ca in below]
        lists += [
            root.revoke(*below[place : place + 1])
            for place, root in enumerate(roots)
            if place == gone
        ]
        lists += [root.revoke() for place, root in enumerate(roots) if place != gone]
        for order in (lists, lists[::-1]):
            crls.write_bytes(b"".join(path.read_bytes() for path in order))
            server = files(node, ca=str(cas), crl=str(crls))
            good = Handshake(server, files(users[1 - gone], ca=str(node.ca)))
            assert good.good, good.refused
            (why,) = Handshake(server, files(users[gone], ca=str(node.ca))).refused
            assert f'of its CA "CN=below-{gone}" was revoked by' in why


def test_a_namesake_that_has_expired_or_is_no_ca_vouches_for_nobody(tmp_path: Path) -> None:
    good = Authority(tmp_path / "0", NAME, key_ids=False)
    old = Authority(tmp_path / "1", NAME, key_ids=False, valid=-1 * DAY)
    node, user = good.issue("node", ["node"]), old.issue("user")
    cas = tmp_path / "cas.pem"
    for order in ((node, user), (user, node)):
        cas.write_bytes(b"".join(each.ca.read_bytes() for each in order))
        assert Handshake(files(node, ca=str(cas)), files(user, ca=str(node.ca))).refused


def test_a_stranger_of_our_name_is_told_from_us(two: Two, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "x", NAME, key_ids=True).issue("mallory")
    stranger.ca.write_bytes(two.nodes[0].ca.read_bytes())
    server = two.with_both(two.nodes[0], crl=str(two.cas[0].crl))
    (why,) = Handshake(server, files(stranger)).refused
    assert f"is not signed by our CA, {signer(two, 0)}" in why
    assert "but by another that is called" in why and "(key " in why


def test_lists_of_cas_that_are_only_shown_are_few_in_memory(tmp_path: Path) -> None:
    root = Authority(tmp_path, "root")
    ours = Authorities([root.certificate])
    for place in range(40):
        below = Authority(tmp_path / str(place), "below", above=root)
        assert ours.revocation(below.issue("user").load(), below.certificate) == 3
    assert len(ours._between) == 16
