"""polycalld's page: what it serves, what it refuses, and what a browser makes of it."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.parse

from scheduler import OK, WAIT_S, manifest, scheduler, wait_for

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
# A screenshot of the page is put here, for people to look at.
PICTURE = os.environ.get("POLYCALL_PAGE_PICTURE")


def up_with_page(pd):
    result = pd.up("--http", "127.0.0.1:0")
    assert result.code == OK, result.err
    return re.search(r"page: (http://127\.0\.0\.1:\d+/)", result.out)[1]


def get(url, path="/", method="GET", **headers):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=WAIT_S)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response, body


def browse(url, *flags):
    """What headless Chromium has made of the page after a while of its own (virtual) time."""
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "--window-size=1300,900", *flags, url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=2 * WAIT_S,
            check=True,
        )
    return done.stdout


class Page(unittest.TestCase):
    def test_the_page_and_its_data_are_served(self):
        with scheduler(evaluator=manifest(scale="{min: 1, max: 1}")) as pd:
            url = up_with_page(pd)
            response, body = get(url)
            self.assertEqual(response.status, 200)
            self.assertIn("default-src 'none'", response.headers["Content-Security-Policy"])
            self.assertNotIn("http://", body.replace("http://www.w3.org/2000/svg", ""))
            response, body = get(url, "/snapshot.json")
            self.assertEqual(json.loads(body)["services"][0]["name"], "evaluator")

    def test_anything_else_is_refused(self):
        with scheduler(evaluator=manifest()) as pd:
            url = up_with_page(pd)
            self.assertEqual(get(url, "/etc/passwd")[0].status, 404)
            self.assertEqual(get(url, method="POST")[0].status, 405)
            self.assertEqual(get(url, Host="evil.example")[0].status, 403)
            self.assertEqual(get(url, Host="localhost:1")[0].status, 200)
            self.assertEqual(get(url, "/" + "x" * 20_000)[0].status, 431)

    def test_a_visitor_that_says_nothing_keeps_nobody_else_away(self):
        with scheduler(evaluator=manifest()) as pd:
            url = up_with_page(pd)
            place = urllib.parse.urlsplit(url)
            silent = [socket.create_connection((place.hostname, place.port)) for _ in range(5)]
            silent[0].sendall(b"GET / HT")
            silent[1].sendall(b"\x16\x03\x01 not HTTP\r\n\r\n")
            self.assertEqual(get(url)[0].status, 200)
            for connection in silent:
                connection.close()

    @unittest.skipUnless(CHROMIUM, "needs chromium")
    def test_a_browser_shows_services_instances_and_who_is_wired_to_whom(self):
        with scheduler(
            evaluator=manifest(scale="{min: 2, max: 4}", more="limits: {memory: 64 MiB}\n"),
            sleeper=manifest("sleeper"),
        ) as pd:
            url = up_with_page(pd)
            watch = pd.start(
                "call",
                f"unix:{pd.run_folder}/polycalld.sock",
                "polycall.scheduler.v1.Scheduler/Watch",
                '{"service": "evaluator", "program": "<b>caller</b>"}',
            )
            try:
                watch.stdout.readline()
                page = browse(url, "--virtual-time-budget=3000", "--dump-dom")
                if PICTURE:
                    browse(url, "--virtual-time-budget=3000", f"--screenshot={PICTURE}")
            finally:
                watch.send_signal(signal.SIGTERM)
                watch.wait(WAIT_S)
                watch.stdout.close()
            self.assertIn('data-drawn="yes"', page)
            self.assertIn('id="service-evaluator"', page)
            self.assertIn("evaluator-2", page)
            self.assertIn("64 MiB", page)
            self.assertIn("asleep", page)
            self.assertIn('data-caller="&lt;b&gt;caller&lt;/b&gt;"', page)
            self.assertNotIn("<b>caller</b>", page)
            self.assertIn(f"pid {watch.pid}", page)

    def test_polycalld_says_no_to_an_address_that_is_none(self):
        with scheduler(evaluator=manifest()) as pd:
            # A port that is too large would otherwise be taken for another one.
            for address in ("8080", "127.0.0.1:", ":80", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
                            "no.such.host.invalid:0"):
                result = pd.up("--http", address)
                self.assertNotEqual(result.code, OK, address)
                self.assertIn("--http", result.err)
            wait_for("none runs", lambda: pd.run("ps").code != OK)


if __name__ == "__main__":
    unittest.main()
