"""A real Chromium, driven over a pipe by its DevTools protocol: what pages look like, and what they do."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
REQUIRED = "SIMULA_BROWSER_REQUIRED"
"""Where this variable is set, a test that needs the browser fails without one instead of being skipped."""
_FLAGS = """--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-extensions
--disable-background-networking --disable-component-update --disable-sync --remote-debugging-pipe"""


def program() -> str | None:
    """The browser of this machine."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass(slots=True)
class Page:
    """One open page; `complaints` are its errors and warnings, `asked` every address that it asked for."""

    browser: Browser
    session: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the protocol."""
        return self.browser.call(method, parameters, self.session)

    def run(self, script: str) -> Any:
        """What an expression in the page gives."""
        said = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def look(self, width: int, scheme: Literal["light", "dark"], height: int = 900) -> None:
        """Take another window, in CSS pixels, and other colours."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        preferred = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[preferred])

    def press(self, key: str, code: int, text: str = "") -> None:
        """A key of the keyboard, on whatever has the focus."""
        said = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **said)
        self.call("Input.dispatchKeyEvent", type="keyUp", **said)

    def picture(self) -> bytes:
        """The whole page as PNG."""
        said = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(said["data"])


class Browser:
    """A running browser; pages tell it of events while it waits for answers."""

    def __init__(self, to: int, of: int) -> None:
        """Speak to a browser by two file descriptors."""
        self._to, self._of = to, of
        self._rest = b""
        self._number = 0
        self._pages: dict[str, Page] = {}
        self._loaded: set[str] = set()

    def call(self, method: str, parameters: dict[str, Any], session: str = "") -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._number += 1
        said = {"id": self._number, "method": method, "params": parameters}
        message = json.dumps(said | ({"sessionId": session} if session else {})).encode() + b"\0"
        while message:
            message = message[os.write(self._to, message) :]
        while (answer := self._next()).get("id") != self._number:
            self._event(answer)
        assert "error" not in answer, (method, answer["error"])
        return dict(answer["result"])

    def open(self, path: Path, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> Page:
        """Open a file and wait until it is loaded."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Runtime", "Log", "Network", "Page"):
            page.call(f"{domain}.enable")
        page.look(width, scheme)
        self._loaded.discard(session)
        page.call("Page.navigate", url=path.as_uri())
        while session not in self._loaded:
            self._event(self._next())
        return page

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._of, 1 << 20)
            assert part, "the browser has ended"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))

    def _event(self, said: dict[str, Any]) -> None:
        page = self._pages.get(said.get("sessionId", ""))
        if page is None or "method" not in said:
            return
        told = said["params"]
        match said["method"]:
            case "Page.loadEventFired":
                self._loaded.add(page.session)
            case "Network.requestWillBeSent":
                page.asked.append(told["request"]["url"])
            case "Runtime.exceptionThrown":
                page.complaints.append(json.dumps(told["exceptionDetails"]))
            case "Runtime.consoleAPICalled":
                page.complaints.append(json.dumps(told["args"]))
            case "Log.entryAdded":
                page.complaints.append(told["entry"]["text"])


@contextmanager
def browser(name: str, folder: Path) -> Iterator[Browser]:
    """Start the browser of this name with a profile in `folder`; it ends with the context."""
    to_it, commands = os.pipe()
    answers, of_it = os.pipe()
    # It reads commands from descriptor 3 and answers on 4; the shell puts them there.
    places = f'exec "$@" 3<&{to_it} 4>&{of_it}'
    process = subprocess.Popen(
        ["bash", "-c", places, "bash", name, *_FLAGS.split(), f"--user-data-dir={folder}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(to_it, of_it),
    )
    os.close(to_it)
    os.close(of_it)
    try:
        yield Browser(commands, answers)
    finally:
        os.close(commands)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(answers)
