#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The private PgBouncer: it pools by transaction, asks for the password, and nothing is left of it."""
import subprocess
import unittest
from pathlib import Path
from urllib.parse import urlsplit

from pgbouncer import PrivatePgBouncer, skip_without_pgbouncer
from postgres import USER, PrivatePostgres, environment, skip_without_postgres
from processes import start_ticks


class Pooler(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = PrivatePostgres()
        cls.addClassCleanup(cls.server.close)
        cls.pooler = PrivatePgBouncer(cls.server, pool_size=1)
        cls.addClassCleanup(cls.pooler.close)

    def psql(self, password, **options):
        where = urlsplit(self.pooler.url("postgres"))
        command = [self.server.bin / "psql", "-X", "-q", "-A", "-t", "-h", where.hostname, "-p", str(where.port), "-U", USER, "postgres"]
        return subprocess.Popen(command, env={**environment(), "PGPASSWORD": password}, text=True, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def test_two_clients_use_one_connection_to_the_server_by_turns(self):
        def session(client):
            client.stdin.write("select pg_backend_pid();\n")
            client.stdin.flush()
            return client.stdout.readline()

        with self.psql(self.server.password) as one, self.psql(self.server.password) as other:
            first = session(one)
            self.assertTrue(first.strip().isdigit())
            self.assertEqual(session(other), first)
            self.assertEqual(session(one), first)

    def test_another_password_is_refused(self):
        with self.psql("wrong") as client:
            _, error = client.communicate("select 1;", timeout=30)
        self.assertNotEqual(client.returncode, 0)
        self.assertIn("authentication failed", error)

    def test_nobody_sees_the_password(self):
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
        self.assertTrue(any(str(self.pooler.folder).encode() in line for line in lines))
        self.assertFalse([line for line in lines if self.server.password.encode() in line])
        self.assertEqual((self.pooler.folder / "users").stat().st_mode & 0o777, 0o600)

    def test_nothing_is_left_of_it(self):
        with PrivatePgBouncer(self.server) as pooler:
            process, folder = pooler.process, pooler.folder
        self.assertNotEqual(start_ticks(process.pid), process.ticks)
        self.assertFalse(folder.exists())


if __name__ == "__main__":
    skip_without_postgres()
    skip_without_pgbouncer()
    unittest.main()
