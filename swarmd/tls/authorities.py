"""The CAs that we trust, and the lists of what they have revoked, told apart by their keys.

OpenSSL finds a CA, and its list, by name, and by key identifiers where there are any. A CA that is
made anew often has the name of the one before, and lists made by older tools do not say by which
key: then what OpenSSL found is judged again here, by OpenSSL as well, with the right CA and lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cryptography import x509
from OpenSSL.crypto import X509, X509Store, X509StoreContext, X509StoreContextError, X509StoreFlags

from swarmd.certificates.describe import authority, hexadecimal, issuer, listed
from swarmd.certificates.issuance import (
    CRL,
    issued_by,
    key_id,
    latest,
    lists_of,
    may_sign,
    public_key,
)

NO_LIST = 3  # OpenSSL's number for: there is no list of who signed it
_MOST_SHOWN = 3
_MOST_BETWEEN = 16  # CAs that only clients and engines show, and whose lists are kept ready
_REVOCATION = X509StoreFlags.CRL_CHECK


class Authorities:
    """The CAs that are trusted, with their revocation lists.

    Attributes:
        cas: The CAs.
        crls: The lists that count.
        lists: Of each CA its own.
        ambiguous: Names that do not tell whose list it is: OpenSSL may have looked at another, or
            at none.
    """

    def __init__(self, cas: Sequence[x509.Certificate] = (), crls: Sequence[CRL] = ()) -> None:
        self.cas = tuple(cas)
        named = _by_issuer({crl.signature: crl for crl in crls}.values())
        signed = {ca: lists_of(named.get(ca.subject, ()), ca) for ca in cas}
        self.lists = {ca: latest(lists) for ca, lists in signed.items()}
        known = {id(crl) for lists in signed.values() for crl in lists}
        # Of CAs below ours, which others show us; or of strangers, and then they never count.
        self.others = [crl for each in named.values() for crl in each if id(crl) not in known]
        own = {id(crl): crl for lists in self.lists.values() for crl in lists}
        self.crls = (*own.values(), *self.others)
        self._by_name = _by_issuer(self.crls)
        self.ambiguous = self._find_ambiguous()
        self._between: dict[x509.Certificate, Sequence[CRL]] = {}
        self._stores: dict[x509.Certificate, X509Store] = {}

    def _find_ambiguous(self) -> set[x509.Name]:
        strange = _by_issuer(self.others)
        keys: dict[x509.Name, set[bytes]] = {}
        for ca in self.cas if self.crls else ():
            keys.setdefault(ca.subject, set()).add(public_key(ca))
        several = {name for name, found in keys.items() if len(found) > 1}
        shared = {name for name, lists in strange.items() if name in keys or len(lists) > 1}
        return several | shared

    def fill(self, store: X509Store) -> None:
        """Makes ``store`` trust these."""
        for ca in self.cas:
            store.add_cert(X509.from_cryptography(ca))
        for crl in self.crls:
            # A wrong one, taken by its name, would be worse than none: it is asked for here then.
            if crl.issuer not in self.ambiguous or key_id(crl):
                store.add_crl(crl)
        # As Go has it: whatever is in the CA file may end a chain.
        flags = X509StoreFlags.PARTIAL_CHAIN
        if self.crls:
            flags |= X509StoreFlags.CRL_CHECK | X509StoreFlags.CRL_CHECK_ALL
        store.set_flags(flags)

    # Whether

    def namesake(self, certificate: x509.Certificate, depth: int) -> x509.Certificate | None:
        """The CA that signed it, if OpenSSL took another of its name; it must be good for that.

        One that may not sign everything is found by key identifiers alone: whether what it signed
        is within its bounds is for OpenSSL to say, which sees the whole chain.
        """
        signers = (ca for ca in self.cas if issued_by(certificate, ca) and may_sign(ca, depth))
        return next((ca for ca in signers if not _problem(certificate, _store(ca, ()))), None)

    def above(self, certificate: x509.Certificate) -> x509.Certificate | None:
        """Who of ours signed it; that may be itself."""
        return next((ca for ca in self.cas if issued_by(certificate, ca)), None)

    def revocation(self, certificate: x509.Certificate, above: x509.Certificate) -> int:
        """What the lists of ``above``, which signed it, say against it: OpenSSL's number, or 0."""
        lists = self._lists_of(above)
        if not lists:
            return NO_LIST
        if above not in self._stores:
            self._stores[above] = _store(above, lists)
        return _problem(certificate, self._stores[above])

    def _lists_of(self, above: x509.Certificate) -> Sequence[CRL]:
        if above in self.lists:
            return self.lists[above]
        if above not in self._between:
            while len(self._between) >= _MOST_BETWEEN:
                oldest = next(iter(self._between))
                del self._between[oldest]
                self._stores.pop(oldest, None)
            self._between[above] = latest(lists_of(self.others, above))
        return self._between[above]

    def revokes(self, chain: Iterable[x509.Certificate]) -> bool:
        """Whether a chain that was good when it was shown has one that is revoked now."""
        chain = list(chain)
        return any(self._is_revoked(cert, chain) for cert in chain if self._is_listed(cert))

    def _is_listed(self, certificate: x509.Certificate) -> bool:
        """By whomever: the quick question, as it is asked of each connection."""
        lists = self._by_name.get(certificate.issuer, ())
        serial = certificate.serial_number
        return any(crl.get_revoked_certificate_by_serial_number(serial) for crl in lists)

    def _is_revoked(self, certificate: x509.Certificate, chain: list[x509.Certificate]) -> bool:
        signers = (ca for ca in (*self.cas, *chain) if issued_by(certificate, ca))
        above = next(signers, None)
        # In doubt it goes.
        return above is None or self.revocation(certificate, above) not in (0, NO_LIST)

    # In words

    @property
    def words(self) -> str:
        """ "" for the CAs of the system."""
        return listed([authority(ca) for ca in self.cas], _MOST_SHOWN) if self.cas else ""

    def signer(self, held: x509.Certificate | CRL) -> str:
        """Who signed it: one of ours, by its fingerprint, or whoever it names, and by which key."""
        mine = [ca for ca in self.cas if ca.subject == held.issuer]
        for ca in mine:
            if (
                issued_by(held, ca)
                if isinstance(held, x509.Certificate)
                else held in self.lists[ca]
            ):
                return authority(ca)
        key = key_id(held)
        return issuer(held) + (f" (key {hexadecimal(key)})" if key and mine else "")

    def has_namesake(self, certificate: x509.Certificate) -> bool:
        """Whether one of ours is called like its signer."""
        return any(ca.subject == certificate.issuer for ca in self.cas)

    def without_list(self, chain: Sequence[x509.Certificate] = ()) -> list[x509.Certificate]:
        """CAs that have no list, although there are some: whoever they signed is not let in.

        Those are meant that sign for users and engines; ``chain``, which is ours, may show that
        a CA signs other CAs alone.
        """
        if not self.crls:
            return []
        higher = [ca for ca in self.cas for below in chain[1:] if issued_by(below, ca)]
        return [ca for ca in self.cas if not self.lists[ca] and ca not in higher]


def _by_issuer(crls: Iterable[CRL]) -> dict[x509.Name, list[CRL]]:
    found: dict[x509.Name, list[CRL]] = {}
    for crl in crls:
        found.setdefault(crl.issuer, []).append(crl)
    return found


def _store(authority: x509.Certificate, lists: Sequence[CRL]) -> X509Store:
    store = X509Store()
    store.add_cert(X509.from_cryptography(authority))
    for crl in lists:
        store.add_crl(crl)
    flags = X509StoreFlags.PARTIAL_CHAIN
    store.set_flags(flags | _REVOCATION if lists else flags)
    return store


def _problem(certificate: x509.Certificate, store: X509Store) -> int:
    try:
        X509StoreContext(store, X509.from_cryptography(certificate)).verify_certificate()
    except X509StoreContextError as error:
        return int(error.errors[0])
    return 0
