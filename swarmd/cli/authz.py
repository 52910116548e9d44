"""``swarmd authz check``: who may do what by a policy, without a daemon."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from swarmd.authz.create_rules import judge_create
from swarmd.authz.policy import Policy, Role, denial
from swarmd.authz.policy_parser import parse_policy
from swarmd.authz.rights import RIGHTS, classify
from swarmd.authz.strict_json import CREATE, read_strictly
from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import DONE, FAILED, CommandError, Misuse
from swarmd.cli.terminal.output import end
from swarmd.cli.terminal.table import table
from swarmd.cli.usage import usage
from swarmd.core.errors import ApiError
from swarmd.core.printable import printable
from swarmd.core.request.identity import Identity
from swarmd.core.request.version import parse_prefix

_PROSE = """\
Without a condition, shows what each role of the policy allows. Conditions say who asks: cn=, ou=,
san=, uid=, gid=, address=; then shows the roles that such a client has, or, with METHOD and PATH
(and the file BODY, for a container create), whether it may do that. Ends with 1 if it may not.
What a scope allows of single containers, and quotas, only a running swarmd can tell.

  swarmd authz check policy.toml
  swarmd authz check policy.toml cn=alice ou=ml
  swarmd authz check policy.toml cn=alice POST /containers/create body.json"""

_CONDITIONS: dict[str, Callable[[str], tuple[str, Any]]] = {
    "cn": lambda text: ("common_name", text),
    "ou": lambda text: ("units", (text,)),
    "san": lambda text: ("names", (text,)),
    "uid": lambda text: ("uid", int(text)),
    "gid": lambda text: ("gids", (int(text),)),
    "address": lambda text: ("address", text),
}


def run(words: Sequence[str]) -> None:
    """Does what is asked, and ends the process.

    Raises:
        SystemExit: Always; with ``FAILED`` if it failed, or if it is denied.
    """
    try:
        arguments = Arguments.parse(words, "authz")
        if arguments.help:
            print(usage("authz", _PROSE))
            sys.exit(DONE)
        if arguments.words[:1] != ["check"] or len(arguments.words) < 2:
            raise Misuse("usage: swarmd authz check POLICY ...; see swarmd authz --help")
        found = check(arguments.words[1], arguments.words[2:])
    except CommandError as error:
        end(error)
    except (OSError, ValueError) as error:
        end(CommandError(str(error)))
    print(as_json(found) if arguments.json else shown(found))
    sys.exit(DONE if found.allowed else FAILED)


class PolicyAnswer(NamedTuple):
    """What a policy says.

    Attributes:
        roles: Those that were asked for, with their rights.
        lines: Of a call: why it is allowed, or each reason why it is not.
    """

    allowed: bool
    roles: Sequence[Role] = ()
    lines: Sequence[str] = ()


def check(path: str, words: Sequence[str]) -> PolicyAnswer:
    """The answer to what comes behind ``check``. Raises OSError or ValueError with the reason."""
    policy = parse_policy(Path(path).read_text("utf-8-sig"))
    given = [word for word in words if word.partition("=")[0] in _CONDITIONS]
    asked = words[len(given) :]
    if list(words[: len(given)]) != given or len(asked) not in (0, 2, 3):
        raise Misuse("what is asked? see swarmd authz --help")
    if not given:
        return PolicyAnswer(True, list(policy.roles.values()))
    identity = identity_of(given)
    if not asked:
        roles = policy.roles_of(identity)
        lines = () if roles else (f"{identity.name} has no role",)
        return PolicyAnswer(bool(roles), roles, lines)
    return _verdict(policy, identity, *asked)


def shown(found: PolicyAnswer) -> str:
    return _rights(found.roles) if found.roles else "\n".join(map(printable, found.lines))


def as_json(found: PolicyAnswer) -> str:
    roles = [
        {
            "Name": role.name,
            "Scope": str(role.scope or ""),
            "Rights": [str(right) for right in RIGHTS if role.allows(right)],
        }
        for role in found.roles
    ]
    report = {"Allowed": found.allowed, "Roles": roles, "Reasons": list(found.lines)}
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()


def identity_of(conditions: Sequence[str]) -> Identity:
    """The same condition again adds a value where there can be several."""
    fields: dict[str, Any] = {}
    for text in conditions:
        kind, _, value = text.partition("=")
        name, read = _CONDITIONS[kind](value)
        fields[name] = fields[name] + read if isinstance(read, tuple) and name in fields else read
    return Identity(**fields)


def _rights(roles: Sequence[Role]) -> str:
    """A row a right, a column a role; roles come in the order in which they are tried."""
    heads = [f"{role.name} ({role.scope})" if role.scope else role.name for role in roles]
    rows = [
        [str(right), *("yes" if role.allows(right) else "-" for role in roles)] for right in RIGHTS
    ]
    return table([["RIGHT", *heads], *rows])


def _verdict(
    policy: Policy, identity: Identity, method: str, path: str, body: str = ""
) -> PolicyAnswer:
    segments = path.partition("?")[0].lstrip("/").split("/")
    if len(segments) > 1 and parse_prefix(segments[0]) is not None:
        del segments[0]
    right = classify(method, segments)
    role = policy.role_for(identity, right)
    if role is None:
        return PolicyAnswer(False, (), [denial(identity, right, policy.roles_of(identity))])
    found = _denied(role, body) if body and segments == ["containers", "create"] else []
    bound = f" within {role.scope}" if role.scope else ""
    allowed = f"allowed by role {role.name} as {right}{bound}"
    return PolicyAnswer(not found, (), found or [allowed])


def _denied(role: Role, body: str) -> list[str]:
    if role.limits is None:
        return []
    try:
        given = read_strictly(Path(body).read_bytes(), CREATE, closed=True)
        found = list(judge_create(given, role.limits))
    except ApiError as error:
        return [error.message]
    return [
        f"denied: role {role.name} may not have {one.what}"
        + (f"; role.{role.name}.create.{one.key} would have to allow it" if one.key else "")
        for one in found
    ]
