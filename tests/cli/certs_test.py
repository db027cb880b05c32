#!/usr/bin/python3
"""polycall certs: what it writes, for whom it is readable, what it refuses.

    certs_test.py POLYCALL
"""

import json
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

POLYCALL = None


def certs(*arguments):
    return subprocess.run([POLYCALL, "certs", *arguments], capture_output=True, text=True,
                          timeout=60, check=False)


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=60,
                          check=False)


class Certs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="polycall-certs-")
        self.addCleanup(folder.cleanup)
        self.out = pathlib.Path(folder.name) / "made"

    def make(self, *arguments):
        result = certs("--out", str(self.out), *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_an_authority_a_server_and_a_caller_are_made(self):
        self.make("--client", "ada")
        self.assertEqual(sorted(path.name for path in self.out.iterdir()),
                         ["ada.key.pem", "ada.pem", "ca.key.pem", "ca.pem", "server.key.pem",
                          "server.pem"])

    def test_programs_are_told_which_files_were_made(self):
        told = json.loads(certs("--out", str(self.out), "--client", "ada", "--json").stdout)
        self.assertEqual(told["authority"], str(self.out / "ca.pem"))
        written = [file for pair in told["written"] for file in (pair["certificate"], pair["key"])]
        self.assertEqual(sorted(written), sorted(map(str, self.out.iterdir())))
        told = json.loads(certs("--out", str(self.out), "--force", "--json").stdout)
        self.assertEqual([pair["certificate"] for pair in told["written"]],
                         [str(self.out / "server.pem")])

    def test_keys_are_for_their_owner_alone(self):
        self.make("--client", "ada")
        for path in self.out.glob("*.key.pem"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path.name)

    @unittest.skipUnless(shutil.which("openssl"), "no openssl command")
    def test_openssl_accepts_the_chain_for_its_purpose_and_names(self):
        self.make("--name", "calc.example", "--name", "10.0.0.7", "--client", "ada")
        for name, purpose in (("server", "sslserver"), ("ada", "sslclient")):
            result = openssl("verify", "-CAfile", str(self.out / "ca.pem"), "-purpose", purpose,
                             str(self.out / f"{name}.pem"))
            self.assertEqual(result.returncode, 0, result.stderr)
        text = openssl("x509", "-in", str(self.out / "server.pem"), "-noout", "-text").stdout
        self.assertIn("DNS:calc.example, IP Address:10.0.0.7", text)
        self.assertIn("prime256v1", text)
        refused = openssl("verify", "-CAfile", str(self.out / "ca.pem"), "-purpose", "sslserver",
                          str(self.out / "ada.pem"))
        self.assertNotEqual(refused.returncode, 0)

    def test_what_is_there_is_replaced_by_force_only_and_the_authority_never(self):
        self.make()
        before = {path.name: path.read_text() for path in self.out.iterdir()}
        result = certs("--out", str(self.out))
        self.assertEqual(result.returncode, 1)
        self.assertIn("server.pem exists already", result.stderr)
        self.assertIn("--force", result.stderr)
        self.assertEqual({path.name: path.read_text() for path in self.out.iterdir()}, before)
        self.make("--force")
        after = {path.name: path.read_text() for path in self.out.iterdir()}
        self.assertNotEqual(after["server.pem"], before["server.pem"])
        self.assertEqual(after["ca.pem"], before["ca.pem"])

    def test_a_name_that_is_no_file_name_is_refused(self):
        for name in ("../ada", "ca"):
            self.assertEqual(certs("--out", str(self.out), "--client", name).returncode, 2, name)


if __name__ == "__main__":
    POLYCALL = sys.argv.pop(1)
    unittest.main()
