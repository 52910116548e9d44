"""A look at a private key that is named, before ``ssh`` is asked to use it."""

from __future__ import annotations

import os

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

from swarmd.files.reader import BadFileError, read

LARGEST_KEY = 64 << 10  # bytes
_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"


def check_key(path: str) -> None:
    """ValueError says what is wrong with it, never what is in it."""
    try:
        text, status = read(path, LARGEST_KEY)
    except BadFileError as error:
        raise ValueError(f"cannot read SSH key {path}: {error}") from None
    if status.st_mode & 0o077:
        raise ValueError(f"SSH key {path} can be read by others: chmod 600 {path}")
    if text.split(b" ", 1)[0].startswith((b"ssh-", b"ecdsa-", b"sk-")):
        raise ValueError(f"SSH key {path} is a public key: its other half is needed")
    _check_form(path, text)


def _check_form(path: str, text: bytes) -> None:
    load = load_ssh_private_key if text.lstrip().startswith(_OPENSSH) else load_pem_private_key
    try:
        load(text, None)
    except UnsupportedAlgorithm:
        return  # of a kind that ssh may know, as hardware keys are
    except TypeError:  # it has a passphrase
        if not os.environ.get("SSH_AUTH_SOCK"):
            raise ValueError(
                f"SSH key {path} has a passphrase: give it to an agent (SSH_AUTH_SOCK)"
            ) from None
    except ValueError:
        raise ValueError(f"SSH key {path} is no private key in a form that is known") from None
