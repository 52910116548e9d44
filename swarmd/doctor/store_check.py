"""The store by which several swarmds agree: whether it answers, and takes what is written."""

from __future__ import annotations

import secrets
from typing import Any

from swarmd.config.store_options import StoreOptions
from swarmd.doctor.finding import Finding, error, ok, warning
from swarmd.manager.membership.keys import FORMAT, THIS_FORMAT
from swarmd.store.interfaces import CommitConflict, Delete, Put, Store, StoreLost, StoreUnsure
from swarmd.store.opening import open_store

STORE = "store"
_TRY = "doctor/"  # below the prefix; nothing else is there


async def of_store(
    options: StoreOptions | None, reactor: Any, *, is_to_write: bool = True
) -> list[Finding]:
    """Nothing of a swarmd that is alone."""
    if options is None:
        return []
    try:
        store = open_store(reactor, options.store, options.access)
    except ValueError as wrong:
        return [error(STORE, str(wrong))]
    try:
        findings = await try_store(store, is_to_write=is_to_write)
    finally:
        await store.close()
    if not options.key:
        text = "without --store-key only who knew a lost container can make it again"
        findings.append(warning(STORE, text, "swarmd store-key FILE, the same for each swarmd"))
    return findings


async def try_store(store: Store, *, is_to_write: bool = True) -> list[Finding]:
    """Reads; if it is to, writes and takes away again."""
    key = _TRY + secrets.token_hex(8)
    try:
        found = await store.read(FORMAT)
        if is_to_write:
            await store.commit([], [Put(key, b"1")])
            await store.commit([], [Delete(key)])
    except (StoreLost, StoreUnsure, CommitConflict) as lost:
        text = str(lost)
        return [error(STORE, text if store.name in text else f"{store.name}: {text}")]
    formats = {each.value for each in found.entries if each.key == FORMAT}
    if formats - {THIS_FORMAT}:
        return [error(STORE, f"{store.name} has keys of a format that this swarmd does not know")]
    return [ok(STORE, f"{store.name} can be read{' and written' if is_to_write else ''}")]
