"""The whole examination, of what needs no engine."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from twisted.internet import reactor as installed
from twisted.trial.unittest import TestCase

from swarmd.doctor.run import DoctorOptions, examine
from tests.fakes.engine import FakeEngine
from tests.lab.certificates import Authority

reactor: Any = installed


def doctor(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "swarmd", "doctor", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    path = tmp_path / "hosts"
    path.write_text("127.0.0.1:1\n\nb c\n")
    return path


def test_what_is_wrong_is_said_with_what_to_do(hosts: Path, tmp_path: Path) -> None:
    ours = Authority(tmp_path).issue("front", ["cloud"], timedelta(days=5, hours=1))
    ours.key.chmod(0o644)
    files = (str(ours.ca), str(ours.cert), str(ours.key))
    trust = [
        w
        for pair in zip(("--tlscacert", "--tlscert", "--tlskey"), files, strict=True)
        for w in pair
    ]
    done = doctor("--hosts", str(hosts), "--tlsverify", *trust, "--no-engine-tls")
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert f"error    {hosts}:3: 'c' is not key=value" in lines
    assert 'ok       server certificate: "CN=front", good for clients that say cloud' in lines
    assert f"           -> chmod 600 {ours.key}" in lines
    assert "error    127.0.0.1:1: connection refused" in lines
    assert any("expires on" in line and "(in 5 days)" in line for line in lines)
    assert any("no list of revoked certificates" in line for line in lines)
    assert lines[-1] == "2 errors, 3 warnings."


class Examined(TestCase):
    async def examine(self, *words: str) -> list[str]:
        options = DoctorOptions()
        options.parseOptions(words)
        return [one.text for one in await examine(options, {}, reactor)]

    async def test_each_engine_once_and_the_same_one_twice(self) -> None:
        engine = FakeEngine("node-1", reactor)
        address = engine.listen()
        self.addCleanup(engine.close)
        port = address.rpartition(":")[2]
        texts = await self.examine(f"nodes://{address},localhost:{port}")
        self.assertEqual([text.partition(":")[0] for text in texts[:2]], ["node-1", "node-1"])
        self.assertIn(f"it is the same engine as {address}", texts[2])

    async def test_without_engines(self) -> None:
        (text,) = await self.examine()
        self.assertIn("no engines are given", text)

    async def test_a_line_that_does_not_say_enough(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        ours = Authority(Path(folder.name)).issue("x", ["x"], timedelta(days=-1))
        hosts = Path(folder.name, "hosts")
        hosts.write_text(f"127.0.0.1:1 tlscert={ours.cert} tlskey={ours.key}\n")
        files = (f"--tlscert={ours.cert}", f"--tlskey={ours.key}")
        texts = await self.examine("--hosts", str(hosts), "--tls", "--no-engine-tls", *files)
        self.assertTrue(any("does not say whom to trust" in text for text in texts))
        self.assertTrue(any("has expired on" in text for text in texts))
        ours.key.write_text("")
        texts = await self.examine("--hosts", str(hosts), "--tls", "--no-engine-tls", *files)
        self.assertIn("holds no PEM private key", texts[0])


def test_json(hosts: Path) -> None:
    done = doctor("--json", "--hosts", str(hosts))
    report: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, report["Errors"], len(report["Findings"])) == (1, 2, 2)


def test_bad_words_and_help() -> None:
    done = doctor("--frob")
    words = "swarmd: option --frob not recognized; swarmd --help lists all\n"
    assert (done.returncode, done.stderr) == (2, words)
    done = doctor("--help")
    assert done.returncode == 0 and done.stdout.startswith("Usage: swarmd doctor ")
    done = doctor()
    assert done.returncode == 1 and "no engines are given" in done.stdout
