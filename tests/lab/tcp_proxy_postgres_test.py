#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The proxy that loses connections, in front of PostgreSQL: what it has committed is what the proxy says it has."""
import subprocess
import tempfile
import unittest
from pathlib import Path
from urllib.parse import unquote, urlsplit

from postgres import PrivatePostgres, environment, skip_without_postgres
from processes import wait_until
from tcp_proxy import PASS, RESET_AFTER, RESET_BEFORE, TcpProxy


class ResetsOfRealConnections(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = PrivatePostgres()
        cls.server.query("create table t (id int)")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        self.server.query("truncate t")
        self.proxy = TcpProxy(("127.0.0.1", self.server.port))
        self.addCleanup(self.proxy.close)

    def run_client(self, program, *arguments, sql=""):
        where = urlsplit(self.proxy.through(self.server.url()))
        env = {**environment(), "PGHOST": where.hostname, "PGPORT": str(where.port), "PGUSER": where.username,
               "PGPASSWORD": where.password, "PGDATABASE": unquote(where.path[1:])}
        return subprocess.run([self.server.bin / program, *arguments], input=sql, env=env, capture_output=True, text=True,
                              timeout=60, check=False)

    def rows(self):
        return int(self.server.value("select count(*) from t"))

    def wait_no_client(self):
        wait_until("the server has noticed", lambda: self.server.value(
            "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()") == "0")

    def psql(self):
        return self.run_client("psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", "-",
                               sql="begin;\ninsert into t values (1);\ncommit;\nselect 'after';\n")

    def test_psql(self):
        for fate, rows, code in ((PASS, 1, 0), (RESET_BEFORE, 0, 2), (RESET_AFTER, 1, 2)):
            with self.subTest(fate=fate):
                self.server.query("truncate t")
                self.proxy.choose = lambda number, fate=fate: fate
                done = self.psql()
                self.wait_no_client()
                self.assertEqual((done.returncode, self.rows()), (code, rows), done.stderr)
                self.assertEqual("after" in done.stdout, fate == PASS)
        self.assertEqual(self.proxy.counts["commits"], 3)

    def test_prepared_statements(self):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "script.sql")
            script.write_text("begin;\ninsert into t values (1);\ncommit;\n")
            for fate, rows in ((RESET_BEFORE, 4), (RESET_AFTER, 5)):
                self.server.query("truncate t")
                first = self.proxy.counts["commits"]
                self.proxy.choose = lambda number, fate=fate, first=first: fate if number == first + 5 else PASS
                done = self.run_client("pgbench", "-n", "-M", "prepared", "-t", "10", "-f", str(script))
                self.wait_no_client()
                self.assertNotEqual(done.returncode, 0, done.stdout)
                self.assertEqual((self.rows(), self.proxy.counts["commits"]), (rows, first + 5), done.stderr)

    def test_many_at_once(self):
        self.proxy.choose = lambda number: RESET_AFTER if number == 40 else PASS
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "script.sql")
            script.write_text("begin;\ninsert into t values (1);\ncommit;\n")
            done = self.run_client("pgbench", "-n", "-c", "8", "-t", "10", "-f", str(script))
        self.wait_no_client()
        self.assertEqual(self.rows(), self.proxy.counts["commits"], done.stderr)
        self.assertEqual(self.proxy.counts[RESET_AFTER], 1)


if __name__ == "__main__":
    skip_without_postgres()
    unittest.main()
