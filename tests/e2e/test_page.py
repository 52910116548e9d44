"""The page in a real browser, with real engines behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Host
from tests.e2e.operating.commands import node_of, restarted, run_on
from tests.lab.browser import Browser
from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.http import Api
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet
HOSTILE = "<img src=x onerror='document.title=1'><script>document.title=2</script>"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture
def browser(window: Browser, host: Host) -> Iterator[Browser]:
    assert host.swarmd is not None
    yield from _looking_at(window, host.swarmd)
    for node in host.swarmd.nodes():  # whatever became of the test
        host.swarmd.api.post(f"/swarmd/nodes/{node}/uncordon")
        host.swarmd.api.post(f"/swarmd/nodes/{node}/labels", {"Remove": ["words"]})


@pytest.fixture
def victim(fleet: Fleet) -> Iterator[Engine]:
    """An engine that the test may harm in any way that is undone here."""
    engine = fleet["node-2"]
    yield engine
    engine.heal()


def _looking_at(window: Browser, swarmd: Swarmd) -> Iterator[Browser]:
    window.url = swarmd.url.replace("tcp", "http")
    window.scripts(True)
    window.complaints()
    yield window
    window.open("/swarmd/ui/static/x/icon.svg")  # where nothing is asked again
    window.scripts(True)


def test_each_view_is_live_and_shows_hostile_words_as_words(
    browser: Browser, docker: Docker, api: Api, name: str
) -> None:
    loop = 'while :; do echo "$WORDS"; sleep 0.2; done'
    label = ("-l", f"words={HOSTILE}", "-e", f"WORDS={HOSTILE}", "--stop-timeout", "1")
    made = docker("run", "-d", "--name", name, *label, "busybox", "sh", "-c", loop).text
    node = node_of(docker, name)
    browser.open("/swarmd/")
    assert "3 healthy" in browser.text("#summary")
    api.post("/swarmd/nodes/node-3/labels", {"Add": {"words": HOSTILE}})
    browser.shows(HOSTILE[:40], "#nodes")
    assert browser.driver.title.startswith("Fleet")

    browser.open("/swarmd/ui/containers")
    docker("run", "-d", "--name", f"{name}-other", "--stop-timeout", "1", "busybox", "sleep", "600")
    browser.shows(f"{name}-other", "#containers")
    browser.find("input[name=q]").send_keys(f"{name}-o")
    eventually(lambda: len(browser.all("#containers tbody tr")) == 1, what="one row")
    assert browser.driver.current_url.endswith(f"?q={name}-o")

    browser.open(f"/swarmd/ui/containers/{made}")
    browser.shows(f"{HOSTILE}\n{HOSTILE}", "#log")
    assert f"words={HOSTILE[:40]}" in browser.text("#facts")
    browser.shows("% of one", "[data-figure=CPU]")
    assert browser.find("[data-curve=Memory] path").get_attribute("d").startswith("M")
    browser.click("#inspect summary")
    assert '"Running": true' in browser.text("#inspect pre")

    browser.open("/swarmd/ui/events")
    docker("exec", name, "true", HOSTILE)
    browser.shows(f"exec_start: true {HOSTILE}", "#feed")

    browser.open(f"/swarmd/ui/nodes/{node}")
    assert "running, of" in browser.text("#load") and browser.all("#hour svg.curve")
    browser.open("/swarmd/ui/placement")
    line = f"docker run -m 1m -e constraint:node!={node} busybox"
    browser.find("#run").send_keys(line)
    browser.click(".explain button")
    browser.shows("would take it.", ".verdict")
    assert "1 by constraint" in browser.text("main")
    assert browser.driver.title.startswith("Placement")
    assert browser.find("#run").get_attribute("value") == line
    assert browser.complaints() == []


def test_a_drain_is_watched_to_its_end(browser: Browser, docker: Docker, name: str) -> None:
    for number in range(3):
        run_on(docker, "node-1", f"{name}-{number}")
    docker(
        "create", "--name", f"{name}-data", "-e", "constraint:node==node-1", "-v", "d:/d", "busybox"
    )
    browser.open("/swarmd/ui/nodes/node-1")
    browser.click("#drain-form summary")
    browser.click("#drain-form button")
    browser.shows("It is over: 3 moved, 1 stay.", "#drain")
    assert "cordoned" in browser.text("#health")
    assert all(node_of(docker, f"{name}-{number}") != "node-1" for number in range(3))
    browser.click("form[action$='/uncordon'] button")
    browser.shows("Cordon", "#actions")
    assert "cordoned" not in browser.text("#health") and browser.complaints() == []


def test_a_page_that_is_open_while_swarmd_restarts(
    window: Browser, swarmd_for: Callable[..., Swarmd]
) -> None:
    swarmd = swarmd_for()
    for browser in _looking_at(window, swarmd):
        _restart_under(browser, swarmd)


def _restart_under(browser: Browser, swarmd: Swarmd) -> None:
    browser.open("/swarmd/")
    browser.shows("Nothing is wrong.", "#wrong")
    browser.open("/swarmd/ui/nodes/node-2")
    browser.driver.execute_script("window.same = 'page'")
    swarmd.stop()
    browser.shows("swarmd does not answer", "#connection")
    restarted(swarmd)
    browser.shows("swarmd was started anew", "#connection")
    assert browser.driver.execute_script("return window.same") == "page"
    browser.shows("Healthy", "#health")
    browser.click("form[action$='/cordon'] button")
    browser.shows("cordoned", "#health")


def test_a_node_that_is_given_up(
    window: Browser, swarmd_for: Callable[..., Swarmd], victim: Engine, tmp_path: Path, name: str
) -> None:
    swarmd = swarmd_for(options=("--reschedule-confirm", "--reschedule-grace", "1s"))
    docker = Docker(command_lines()[0], swarmd.url, home=tmp_path)
    wanted = run_on(docker, "node-2", name, "-e", "reschedule:on-node-failure")
    run_on(docker, "node-2", f"{name}-other")
    there = "/swarmd/nodes/node-2"
    eventually(lambda: swarmd.api.get(there)["Reschedulable"] == [name], what="it is known")
    for browser in _looking_at(window, swarmd):
        browser.open("/swarmd/ui/nodes/node-2")
        assert browser.all("#drain-form") and not browser.all("#lost-form, #forget-form")
        victim.kill()
        browser.shows("Lost …", "#actions")
        assert not browser.all("#drain-form")
        _forget(browser, f"{name}-other")
        run_on(docker, "node-1", f"{name}-other")  # its name is free
        _tell_that_it_is_lost(browser)
        eventually(lambda: docker.state(name) == "running", what="it runs elsewhere")
        assert docker.inspect(name)["Id"] != wanted and node_of(docker, name) != "node-2"
        assert browser.complaints() == []


def _tell_that_it_is_lost(browser: Browser) -> None:
    browser.click("#lost-form summary")
    assert "Makes 1 container again" in browser.text("#lost-form")
    browser.click("#lost-form button")
    eventually(lambda: not browser.all("#lost-form"), what="nothing waits")


def _forget(browser: Browser, container: str) -> None:
    def choices() -> list[str]:
        return [one.text for one in browser.all("#forget-form option")]

    browser.click("#forget-form summary")
    assert len(choices()) == 2
    browser.find("#forget-form select").send_keys(container)
    browser.click("#forget-form button")
    browser.shows("Forget a container", "#actions")
    browser.click("#forget-form summary")
    assert len(choices()) == 1 and container not in choices()[0]


def test_without_scripts(browser: Browser, docker: Docker, name: str) -> None:
    browser.scripts(False)
    run_on(docker, "node-1", name)
    docker("run", "--name", f"{name}-log", "busybox", "echo", HOSTILE)
    browser.open("/swarmd/")
    assert "3 healthy" in browser.text("#summary")
    browser.find("input[name=q]").send_keys("node-2")
    browser.click("form[role=search] button")
    browser.rows("tbody tr", ["node-2"])
    browser.driver.find_element("link text", "Containers").click()
    browser.driver.find_element("link text", f"{name}-log").click()
    assert HOSTILE in browser.text("#log")
    browser.open("/swarmd/ui/nodes/node-1")
    browser.click("#drain-form summary")
    browser.click("#drain-form button")
    browser.shows("It is over: 1 moved", "#drain")
