"""A real browser without a screen: this machine's Chromium, driven by its own driver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.lab.waiting import eventually

_CHROMIUM, _DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
# As root it has no sandbox, and a machine's shared memory may be small.
_OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-background-networking", "--window-size=1280,900"),
)


class Browser:
    """One window.

    Attributes:
        driver: Selenium's.
    """

    def __init__(self, profile: Path, url: str = "") -> None:
        # Selenium is loaded only where a browser is wanted.
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        for option in (*_OPTIONS, f"--user-data-dir={profile}"):
            options.add_argument(option)
        options.binary_location = _CHROMIUM
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(_DRIVER))
        self.url = url

    def close(self) -> None:
        self.driver.quit()

    def scripts(self, allowed: bool) -> None:
        """Whether pages that are opened from now on run scripts."""
        command = "Emulation.setScriptExecutionDisabled"
        self.driver.execute_cdp_cmd(command, {"value": not allowed})

    def open(self, path: str) -> None:
        self.driver.get(self.url + path)

    def find(self, selector: str) -> Any:
        """The first element; an error if there is none."""
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", selector))

    def text(self, selector: str = "body") -> str:
        return str(self.find(selector).text)

    def shows(self, words: str, selector: str = "body") -> None:
        """Waits for the words."""
        eventually(lambda: words in self.text(selector), what=f"{words!r} in {selector}")

    def rows(self, selector: str, first: list[str]) -> None:
        """Waits for rows that begin with these words: a page may just be replaced by the next."""

        def begun() -> list[str]:
            return [row.text.split()[0] for row in self.all(selector)]

        eventually(lambda: begun() == first, what=f"{first} in {selector}")

    def click(self, selector: str) -> None:
        self.find(selector).click()

    def complaints(self) -> list[str]:
        """What its console has, since it was last asked: refused scripts, errors in ours."""
        return [line["message"] for line in self.driver.get_log("browser")]
