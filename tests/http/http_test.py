"""HTTP/1.1 on a server's port, as curl, Python's http.client, a browser and hostile peers use it."""

import base64
import gzip
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

SERVER = os.environ["POLYCALL_CALC_SERVER"]
WAIT_S = 60  # for what must happen; reached only when something is broken


class Server:
    """calc_server with options from the environment."""

    def __init__(self, **environment):
        self.folder = tempfile.TemporaryDirectory(prefix="polycall-http-")
        self.process = subprocess.Popen(
            [SERVER, "tcp://127.0.0.1:0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        self.port = int(self.process.stdout.readline().strip().rsplit(":", 1)[1])

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=WAIT_S)
        self.process.stdout.close()
        self.folder.cleanup()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)

    def raw(self, data=b""):
        peer = socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S)
        peer.sendall(data)
        return peer


def read_all(peer):
    """Until the server closes."""
    data = b""
    while True:
        try:
            piece = peer.recv(65536)
        except ConnectionResetError:
            return data
        if not piece:
            return data
        data += piece


class HttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def request(self, verb, path, body=None, headers=None, connection=None):
        own = connection or self.server.connect()
        own.request(verb, path, body=body, headers=headers or {})
        answer = own.getresponse()
        data = answer.read()
        if connection is None:
            own.close()
        return answer, data

    def call(self, method, message, headers=None, connection=None):
        answer, data = self.request(
            "POST",
            "/calc.v1.Calc/" + method,
            json.dumps(message),
            {"Content-Type": "application/json", **(headers or {})},
            connection,
        )
        return answer, json.loads(data)

    # ---- pages

    def test_health_says_what_the_health_service_says(self):
        answer, data = self.request("GET", "/health")
        self.assertEqual(answer.status, 200)
        self.assertEqual(json.loads(data), {"status": "SERVING"})
        answer, _ = self.request("GET", "/health?service=calc.v1.Calc")
        self.assertEqual(answer.status, 200)
        answer, _ = self.request("GET", "/health?service=none.Such")
        self.assertEqual(answer.status, 404)

    def test_capabilities_list_services_methods_transports_and_limits(self):
        _, data = self.request("GET", "/capabilities")
        capabilities = json.loads(data)
        services = {service["name"]: service for service in capabilities["services"]}
        self.assertTrue(services["calc.v1.Calc"]["json"])
        self.assertFalse(services["bare.v1.Bare"]["json"])
        kinds = {method["name"]: method["kind"] for method in services["calc.v1.Calc"]["methods"]}
        self.assertEqual(kinds["Add"], "unary")
        self.assertEqual(kinds["Double"], "bidi_streaming")
        self.assertIn("http", capabilities["transports"])
        self.assertEqual(capabilities["limits"]["max_message_size"], 16 << 20)
        self.assertEqual(capabilities["version"], "0.1.0")

    def test_metrics_count_calls_by_method_and_status(self):
        def sample(text, name):
            found = [line for line in text.splitlines() if line.startswith(name)]
            return float(found[0].rsplit(" ", 1)[1]) if found else 0.0

        def scrape():
            answer, data = self.request("GET", "/metrics")
            self.assertTrue(answer.getheader("Content-Type").startswith("text/plain"))
            return data.decode()

        labels = '{service="calc.v1.Calc",method="Fail"'
        name = "polycall_server_calls_total" + labels + ',code="NOT_FOUND"}'
        buckets = "polycall_server_call_duration_seconds_bucket" + labels + ',le="+Inf"}'
        before = scrape()
        for _ in range(3):
            self.call("Fail", {"code": 5})
        after = scrape()
        self.assertEqual(sample(after, name) - sample(before, name), 3)
        self.assertEqual(sample(after, buckets) - sample(before, buckets), 3)
        for line in after.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) .+|[a-z_]+(\{.*\})? [0-9.e+-]+)$")
        # Cumulated buckets never shrink.
        counts = [
            int(line.rsplit(" ", 1)[1])
            for line in after.splitlines()
            if line.startswith("polycall_server_call_duration_seconds_bucket" + labels)
        ]
        self.assertEqual(counts, sorted(counts))

    def test_the_status_page_reads_without_scripts(self):
        self.call("Add", {"a": 1})
        answer, data = self.request("GET", "/")
        page = data.decode()
        self.assertEqual(answer.getheader("Content-Type"), "text/html; charset=utf-8")
        for text in ("calc-server", "Add", "serving", "Slowest calls"):
            self.assertIn(text, page)
        self.assertNotIn("{{", page)
        self.assertNotIn("http://", page)  # nothing comes from elsewhere
        self.assertNotIn("https://", page)

    def test_head_is_get_without_its_body(self):
        answer, data = self.request("HEAD", "/health")
        self.assertEqual((answer.status, data), (200, b""))
        self.assertEqual(answer.getheader("Content-Length"), "21")

    # ---- calls

    def test_every_kind_of_field_goes_there_and_back(self):
        message = {
            "text": 'h\u00e9 "<\u4e16',
            "data": base64.b64encode(bytes(range(256))).decode(),
            "ratio": -1.5e300,
            "flag": True,
            "color": "COLOR_GREEN",
            "pairs": [{"a": -(2**31), "b": 2**31 - 1}, {}],
            "counts": {"": 0, "x": 2**32 - 1},
            "number": str(2**64 - 1),
            "maybe": 0,
            "any": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1.500s"},
            "snakeCase": "s",
        }
        answer, echoed = self.call("Echo", message)
        self.assertEqual(answer.status, 200, echoed)
        self.assertEqual(echoed, message)
        _, echoed = self.call("Echo", {"name": "n", "ratio": "NaN", "snake_case": "either name"})
        self.assertEqual(echoed, {"name": "n", "ratio": "NaN", "snakeCase": "either name"})
        _, echoed = self.call("Echo", {})
        self.assertEqual(echoed, {})

    def test_bad_json_is_refused_with_its_reason(self):
        for body, reason in (
            (b'{"a": "x"}', "TYPE_INT32"),
            (b'{"c": 1}', "Cannot find field"),
            (b'{"a": 1', "end"),
            (b'{"a": 99999999999}', "99999999999"),
            (b"[]", ""),
            (b"\xff\xfe", ""),
            (b'{"a":' * 3000, ""),
        ):
            answer, data = self.request(
                "POST", "/calc.v1.Calc/Add", body, {"Content-Type": "application/json"}
            )
            self.assertEqual(answer.status, 400, body[:40])
            error = json.loads(data)
            self.assertEqual(error["code"], "invalid_argument")
            self.assertIn("calc.v1.AddRequest", error["message"])
            self.assertIn(reason, error["message"])

    def test_statuses_are_connects(self):
        statuses = {1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409}
        statuses.update({11: 400, 12: 501, 13: 500, 14: 503, 15: 500, 16: 401})
        connection = self.server.connect()
        for code, status in statuses.items():
            answer, error = self.call("Fail", {"code": code, "message": "why"}, None, connection)
            self.assertEqual(answer.status, status, code)
            self.assertEqual(error["message"], "why")
        detail = {"@type": "type.googleapis.com/calc.v1.AddRequest", "a": 4}
        _, error = self.call("Fail", {"code": 5, "details": [detail]}, None, connection)
        self.assertEqual(error["code"], "not_found")
        self.assertEqual(error["details"], [{"type": "calc.v1.AddRequest", "value": "CAQ"}])
        connection.close()

    def test_headers_are_metadata_in_both_directions(self):
        answer, _ = self.call("Echo", {}, {"Echo": "hi", "Echo-Bin": "AAEC/w=="})
        self.assertEqual(answer.getheader("echo"), "hi")
        self.assertEqual(answer.getheader("echo-bin"), "AAEC/w")
        self.assertEqual(answer.getheader("trailer-echo"), "hi")
        answer, error = self.call("Echo", {}, {"Echo-Bin": "*"})
        self.assertEqual(answer.status, 400)
        self.assertIn("base64", error["message"])

    def test_a_timeout_bounds_the_call(self):
        answer, error = self.call("Sleep", {"time": "3600s"}, {"Connect-Timeout-Ms": "20"})
        self.assertEqual((answer.status, error["code"]), (504, "deadline_exceeded"))
        for bad in ("x", "-1", "12345678901"):
            answer, _ = self.call("Add", {}, {"Connect-Timeout-Ms": bad})
            self.assertEqual(answer.status, 400)

    def test_get_calls_what_has_no_side_effects(self):
        answer, data = self.request(
            "GET", "/calc.v1.Calc/Add?connect=v1&encoding=json&message=%7B%22a%22%3A5%7D"
        )
        self.assertEqual((answer.status, json.loads(data)), (200, {"sum": "5"}))
        answer, data = self.request(
            "GET", "/calc.v1.Calc/Add?connect=v1&encoding=proto&base64=1&message=CAU"
        )
        self.assertEqual((answer.status, data), (200, b"\x08\x05"))
        answer, _ = self.request("GET", "/calc.v1.Calc/Echo?connect=v1&encoding=json&message=%7B%7D")
        self.assertEqual(answer.status, 405)
        self.assertEqual(answer.getheader("Allow"), "POST, OPTIONS")

    def test_protobuf_bodies_need_no_description(self):
        for service in ("calc.v1.Calc", "bare.v1.Bare"):
            answer, data = self.request(
                "POST", f"/{service}/Add", b"\x08\x02\x10\x28", {"Content-Type": "application/proto"}
            )
            self.assertEqual((answer.status, data), (200, b"\x08\x2a"))
        answer, data = self.request(
            "POST", "/bare.v1.Bare/Add", b"{}", {"Content-Type": "application/json"}
        )
        self.assertEqual(answer.status, 415)
        self.assertIn("application/proto", json.loads(data)["message"])

    def test_gzip_in_both_directions(self):
        text = "so it repeats. " * 1000
        body = gzip.compress(json.dumps({"text": text}).encode())
        answer, data = self.request(
            "POST",
            "/calc.v1.Calc/Echo",
            body,
            {
                "Content-Type": "application/json",
                "Content-Encoding": "gzip",
                "Accept-Encoding": "br, gzip",
            },
        )
        self.assertEqual(answer.getheader("Content-Encoding"), "gzip")
        self.assertLess(len(data), len(text) // 4)
        self.assertEqual(json.loads(gzip.decompress(data)), {"text": text})
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        bomb = gzip.compress(bytes(64 << 20))
        answer, _ = self.request("POST", "/calc.v1.Calc/Echo", bomb, headers)
        self.assertEqual(answer.status, 413)
        answer, _ = self.request("POST", "/calc.v1.Calc/Echo", b"no gzip", headers)
        self.assertEqual(answer.status, 400)

    def test_what_does_not_fit_is_refused_helpfully(self):
        as_json = {"Content-Type": "application/json"}
        for verb, path, headers, status, part in (
            ("POST", "/calc.v1.Calc/Nothing", as_json, 404, "capabilities"),
            ("GET", "/favicon.ico", {}, 404, "favicon.ico"),
            ("PUT", "/calc.v1.Calc/Add", as_json, 405, "POST"),
            ("POST", "/health", as_json, 405, "GET"),
            ("POST", "/calc.v1.Calc/Add", {"Content-Type": "text/xml"}, 415, "application/json"),
            ("POST", "/calc.v1.Calc/Count", as_json, 415, "stream"),
            ("POST", "/calc.v1.Calc/Add", {**as_json, "Connect-Protocol-Version": "2"}, 400, "1"),
            ("POST", "/calc.v1.Calc/Add", {**as_json, "Origin": "http://evil.example"}, 403, "orig"),
            ("GET", "/%zz", {}, 400, "malformed"),
        ):
            answer, data = self.request(verb, path, b"" if verb != "GET" else None, headers)
            self.assertEqual(answer.status, status, path)
            self.assertIn(part, json.loads(data)["message"])
        answer, data = self.request("OPTIONS", "/calc.v1.Calc/Add")
        self.assertEqual((answer.status, data), (204, b""))
        self.assertIsNone(answer.getheader("Access-Control-Allow-Origin"))

    # ---- connections

    def test_requests_of_one_connection_are_answered_in_order(self):
        request = b"POST /calc.v1.Calc/Add HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        bodies = [b'{"a":%d}' % number for number in range(50)]
        peer = self.server.raw(
            b"".join(
                request + b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies[:-1]
            )
            + request
            + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"".join(b"1\r\n%c\r\n" % byte for byte in bodies[-1])
            + b"0\r\n\r\n"
        )
        data = read_all(peer)
        sums = [json.loads(part[: part.index(b"}") + 1]) for part in data.split(b"\r\n\r\n")[1:]]
        self.assertEqual([int(entry.get("sum", 0)) for entry in sums], list(range(50)))
        peer.close()

    def test_a_body_may_wait_for_the_word_to_go_on(self):
        peer = self.server.raw(
            b"POST /calc.v1.Calc/Add HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Expect: 100-continue\r\nContent-Length: 7\r\nConnection: close\r\n\r\n"
        )
        self.assertEqual(peer.recv(1000), b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.sendall(b'{"a":7}')
        self.assertTrue(read_all(peer).endswith(b'{"sum":"7"}'))
        peer.close()

    def test_bodies_and_headers_are_bounded(self):
        peer = self.server.raw(
            b"POST /calc.v1.Calc/Add HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
        )
        self.assertIn(b" 413 ", read_all(peer).splitlines()[0])
        peer.close()
        peer = self.server.raw(b"GET / HTTP/1.1\r\nHost: x\r\nLong: " + b"x" * 17000)
        self.assertIn(b" 431 ", read_all(peer).splitlines()[0])
        peer.close()

    def test_what_is_no_http_gets_an_answer_and_an_end(self):
        for data in (
            b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
            b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
            b"GET \x00\x01 HTTP/1.1\r\n\r\n",
            b"CONNECT evil:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            peer = self.server.raw(data)
            first = read_all(peer).splitlines()[0]
            self.assertRegex(first, rb"^HTTP/1\.1 4|^HTTP/1\.1 505", data)
            peer.close()
        self.assertEqual(self.call("Add", {"a": 1})[0].status, 200)

    def test_a_call_is_cancelled_when_its_peer_goes(self):
        def in_flight():
            data = json.loads(self.request("GET", "/status.json")[1])
            return {entry["method"]: entry["in_flight"] for entry in data["methods"]}["Sleep"]

        peer = self.server.raw(
            b"POST /calc.v1.Calc/Sleep HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b'Content-Length: 16\r\n\r\n{"time":"3600s"}'
        )
        self.wait_until(lambda: in_flight() == 1)
        peer.close()
        self.wait_until(lambda: in_flight() == 0)

    def wait_until(self, condition):
        done = threading.Event()
        for _ in range(WAIT_S * 50):
            if condition():
                return
            done.wait(0.02)
        self.fail("it did not come about")

    def test_curl_speaks_to_it(self):
        done = subprocess.run(
            [
                shutil.which("curl"), "-sS", "--http1.1", "-H", "Content-Type: application/json",
                "-d", '{"a":40,"b":2}', f"http://127.0.0.1:{self.server.port}/calc.v1.Calc/Add",
            ],
            capture_output=True, text=True, timeout=WAIT_S, check=True,
        )  # fmt: skip
        self.assertEqual(done.stdout, '{"sum":"42"}')


class QueueTest(unittest.TestCase):
    def test_metrics_tell_how_many_calls_wait_for_their_turn(self):
        server = Server(POLYCALL_ADMISSION="running=1 queue=5 wait_ms=3600000")
        body = b'{"time":"3600s"}'
        callers = [
            server.raw(
                b"POST /calc.v1.Calc/Sleep HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body) + body
            )
            for _ in range(3)
        ]
        connection = server.connect()
        for _ in range(WAIT_S * 50):
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
            if 'polycall_server_queue_length{queue="admission"} 2' in text.splitlines():
                break
            threading.Event().wait(0.02)
        else:
            self.fail("two calls wait, and the metrics do not say so")
        connection.close()
        for caller in callers:
            caller.close()
        server.close()


class SlowPeers(unittest.TestCase):
    def test_a_peer_that_trickles_is_cut_off(self):
        server = Server(POLYCALL_TEST_HANDSHAKE_MS="300")
        complete = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        for beginning in (b"GE", b"GET /health HT", b"GET /health HTTP/1.1\r\nHost: x\r\nA: "):
            peer = server.raw(beginning)
            peer.settimeout(0.02)
            data = None
            for _ in range(WAIT_S * 50):
                try:
                    peer.sendall(b"" if beginning == b"GE" else b"a")
                    data = peer.recv(1000)
                    break
                except TimeoutError:
                    continue
                except (BrokenPipeError, ConnectionResetError):
                    data = b""
                    break
            self.assertIsNotNone(data, "a slow peer is kept for ever")
            peer.close()
        # The second request of a connection is bounded as the first, and waiting for it is not.
        peer = server.raw(complete)
        self.assertIn(b" 200 ", peer.recv(1000))
        threading.Event().wait(0.5)
        peer.sendall(complete)
        self.assertIn(b" 200 ", peer.recv(1000))
        peer.sendall(b"POST /calc.v1.Calc/Add HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nx")
        self.assertIn(b" 408 ", read_all(peer))
        peer.close()
        server.close()


CHROMIUM = shutil.which("chromium")


@unittest.skipUnless(CHROMIUM, "chromium is not installed")
class BrowserTest(unittest.TestCase):
    def test_a_browser_shows_the_page_and_keeps_it_alive(self):
        server = Server()
        connection = server.connect()
        for _ in range(5):
            connection.request(
                "POST", "/calc.v1.Calc/Add", '{"a":1}', {"Content-Type": "application/json"}
            )
            connection.getresponse().read()
        connection.close()
        done = subprocess.run(
            [
                CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", f"--user-data-dir={server.folder.name}/profile",
                "--virtual-time-budget=5000", "--dump-dom", f"http://127.0.0.1:{server.port}/",
            ],
            capture_output=True, text=True, timeout=4 * WAIT_S, check=True,
        )  # fmt: skip
        # What the script wrote, not what the server sent.
        self.assertIn('<span id="live">live</span>', done.stdout)
        self.assertRegex(done.stdout, r'<b id="calls">[1-9]')
        self.assertRegex(done.stdout, r'<b id="rate">[0-9.]+</b>')
        self.assertRegex(done.stdout, r"<li><b>[1-9]\d*</b> http</li>")
        server.close()


if __name__ == "__main__":
    unittest.main()
