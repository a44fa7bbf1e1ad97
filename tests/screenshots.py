"""`make screenshots`: the README's pictures, taken with Chromium from freshly invented data."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.services import chromium_path

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
PAGES = {
    "home": "/admin/",
    "contacts": "/admin/contacts/contact/?due=30",
    "runs": "/admin/retention/retentionrun/",
}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def main() -> None:
    """Prepare a register in a temporary folder, serve it, and photograph its pages."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "DEBUG": "true",
            "DATABASE_URL": f"sqlite:///{folder}/obhut.sqlite3",
            "JOURNAL_PATH": f"{folder}/journal",
        }
        prepare = [sys.executable, "manage.py", "prepare"]
        prepared = subprocess.run(prepare, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        command = [sys.executable, "manage.py", "runserver", "--noreload", address]
        server = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            _wait(f"http://{address}/healthz")
            _photograph(f"http://{address}", _passphrase(prepared.stdout))
        finally:
            server.terminate()
            server.wait()


def _passphrase(said: str) -> str:
    """The password of the demo accounts, as `prepare` prints it."""
    line = next(line for line in said.splitlines() if "password" in line)
    return line.rsplit(" ", 1)[-1]


def _wait(url: str) -> None:
    for _attempt in range(100):
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return


def _photograph(site: str, passphrase: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(chromium_path()), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        _sign_in(page, site, passphrase)
        for name, path in PAGES.items():
            page.goto(site + path)
            page.screenshot(path=IMAGES / f"{name}.png", full_page=name == "home")
        browser.close()


def _sign_in(page: Page, site: str, passphrase: str) -> None:
    page.goto(f"{site}/admin/")
    page.fill("#id_login", "officer")
    page.fill("#id_password", passphrase)
    page.click("[type=submit]")


if __name__ == "__main__":
    main()
