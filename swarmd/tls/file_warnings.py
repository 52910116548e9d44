"""Warnings about TLS files: what expires when, and whose revocation list is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cryptography import x509

from swarmd.certificates.authority import is_ours
from swarmd.certificates.describe import authority, listed
from swarmd.certificates.expiry import Expiry, of_authority, of_certificate, of_revocations
from swarmd.tls.authorities import Authorities

# Of a bundle with the CAs of the whole world there is always one that ends.
_MOST_CAS_WATCHED = 10
_MOST_SHOWN = 3


def expiries(
    ca: str, cert: str, crl: str, authorities: Authorities, chain: Sequence[x509.Certificate]
) -> Iterator[Expiry]:
    """The first three are paths."""
    for shown in chain:
        yield of_certificate(shown, f"TLS certificate {cert}:")
    if len(authorities.cas) <= _MOST_CAS_WATCHED:
        for each in authorities.cas:
            yield of_authority(each, f"CA certificate {ca}:")
    for held in authorities.crls:
        found = of_revocations(held, f"CRL {crl}: the list", authorities.signer(held))
        if found is not None:
            yield found


def remarks(
    ca: str, crl: str, beside: str, authorities: Authorities, chain: Sequence[x509.Certificate]
) -> Iterator[str]:
    """``beside`` is where a list was looked for, if none was named."""
    made = [authority(each) for each in authorities.cas if is_ours(each)]
    if beside and not crl and made:
        yield (
            f"CA certificate {ca}: whoever is revoked by {listed(made, _MOST_SHOWN)} is let in all "
            f"the same, as there is no {beside}; `swarmd certs` made such a list: put it there, "
            "where it is read without a restart"
        )
    silent = [authority(each) for each in authorities.without_list(chain)]
    if silent:
        yield (
            f"CRL {crl}: it has no list of {listed(silent, _MOST_SHOWN)}, so nobody with a "
            f"certificate of that CA in {ca} is let in; put its list into the file as well"
        )
