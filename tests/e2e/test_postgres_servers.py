#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PostgreSQL servers that are not as others are: too old, without UTF-8, or with TLS alone."""
import re
import shutil
import subprocess

from e2e import main, wait_until
from postgres import USER, environment, skip_without_postgres
from postgres_edits import OldServer
from storage_start import FOREIGN, TLS, StorageTest
from tcp_proxy import TcpProxy
from web import is_ready

OPENSSL = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2"]

class Unsuitable(StorageTest):
    """There is nothing to wait for."""

    def tables(self, server, database):
        return server.value("select count(*) from pg_tables where schemaname = 'public'", database)

    def test_one_that_is_too_old(self):
        server = self.lab.postgres()
        url = server.create_database("queue")
        for version in ("12.22", "11.22", "9.6.24"):
            with self.subTest(version), TcpProxy(("127.0.0.1", server.port), sides=OldServer(version, server).sides) as proxy:
                quarry = self.start_on(proxy.through(url))
                self.assert_refused(quarry, FOREIGN, f"127.0.0.1:{proxy.port}, database queue", f"has version {version};",
                                    "needs 13 or newer")
                self.assertEqual(proxy.counts["protocol errors"], 0)
                self.assertEqual(self.tables(server, "queue"), "0", "nothing was made")

    def test_one_that_keeps_no_utf_8(self):
        server = self.lab.postgres(initdb=("--encoding=SQL_ASCII", "--locale=C"))
        quarry = self.start_on(server.create_database("queue"))
        sentence = self.assert_refused(quarry, FOREIGN, f"127.0.0.1:{server.port}, database queue", "does not keep UTF-8")
        self.assertEqual(self.tables(server, "queue"), "0", "nothing was made")
        # What it says to do helps, on the same server.
        program, *words = re.search("`(createdb [^`]*)`", sentence)[1].split()
        subprocess.run([server.bin / program, "-h", server.folder, "-p", str(server.port), "-U", USER, *words, "other"],
                       env=environment(), check=True)
        self.start_on(server.url("other"), name="quarry-other").wait_ready()


class PostgresWithTls(StorageTest):
    """A server that takes nothing but encrypted connections."""

    def setUp(self):
        super().setUp()
        if shutil.which("openssl") is None:
            self.skipTest("openssl is not installed")
        self.server = self.lab.postgres()
        key, certificate = self.certificate("server", "-addext", "subjectAltName=IP:127.0.0.1")
        self.ca = certificate
        self.server.stop()
        self.server.settings = {"ssl": "on", "ssl_key_file": self.server.keep_file("tls.key", key.read_text()),
                                "ssl_cert_file": self.server.keep_file("tls.pem", certificate.read_text())}
        (self.server.data / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        self.server.start()
        self.url = self.server.create_database("queue")

    def certificate(self, name, *options):
        """The files of a new key and a certificate signed with it."""
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        subprocess.run([*OPENSSL, "-subj", f"/CN={name}", "-keyout", key, "-out", certificate, *options], check=True,
                       capture_output=True)
        return key, certificate

    def test_only_a_server_that_can_prove_who_it_is_is_talked_to(self):
        _, stranger = self.certificate("stranger")
        cases = [
            ("a certificate of somebody else", f"?sslmode=verify-full&sslrootcert={stranger}", "certificate verify failed"),
            ("another name", f"?sslmode=verify-full&sslrootcert={self.ca}", "does not match host name"),
            ("no certificate here", "?sslmode=verify-full&sslrootcert=/nowhere.pem", "/nowhere.pem"),
            ("no TLS from here", "?sslmode=disable", "no encryption"),
        ]
        for what, parameters, words in cases:
            with self.subTest(what):
                url = self.url.replace("127.0.0.1", "localhost") if what == "another name" else self.url
                quarry = self.start(self.lab.postgres_plugin(), {"DATABASE_URL": url + parameters})
                self.assert_refused(quarry, TLS, "no encrypted connection", "sslrootcert", words)

        url = f"{self.url}?sslmode=verify-full&sslrootcert={self.ca}"
        quarry = self.start(self.lab.postgres_plugin(), {"DATABASE_URL": url})
        quarry.wait_ready()
        quarry.api.grab(title="film", magnet_url=f"magnet:?xt=urn:btih:{1:040x}")
        encrypted = self.server.query("select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) "
                                      "where application_name = 'quarry'")
        self.assertEqual(encrypted, [("t",)])

        # An encrypted connection that breaks is an outage like any other.
        self.server.stop("immediate")
        wait_until("/readyz says so", lambda: not is_ready(quarry.url), process=quarry.process)
        self.server.start()
        quarry.wait_ready()
        self.assertEqual(len(quarry.api.queue()), 1)


if __name__ == "__main__":
    skip_without_postgres()
    main()
