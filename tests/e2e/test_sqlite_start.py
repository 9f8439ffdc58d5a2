#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An SQLite file that cannot be used as it is, or where it is."""
import shutil
import sqlite3
import subprocess

from e2e import main, wait_until
from small_disk import namespace_command
from storage_start import (DAMAGED, FILE_SYSTEM, FOREIGN, IN_USE, MISSING, NEWER, READ_ONLY, RIGHTS, StorageTest)
from unprivileged import unprivileged
from web import is_ready

STATFS_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/vfs.h>
int statfs(const char* path, struct statfs* info) {
  int (*real)(const char*, struct statfs*) = dlsym(RTLD_NEXT, "statfs");
  int result = real(path, info);
  if (result == 0 && strstr(path, "on-nfs") != NULL) { info->f_type = 0x6969; }
  return result;
}
"""

# Becomes a program that finds a copy of the first folder in the second, on a file system that is mounted to be read only.
READ_ONLY_MOUNT = """
set -e
mount -t tmpfs tmpfs "$2"
cp -a "$1/." "$2"
mount -o remount,bind,ro "$2"
shift 2
exec "$@"
"""


class Sqlite(StorageTest):
    def plugin(self, *path):
        return {"id": "store", "library": "quarry-storage-sqlite.so", "config": {"path": str(self.folder.joinpath(*path))}}

    def made(self, *folder):
        """A sound database, with one download in it; nobody has it open."""
        self.lab.subfolder(*folder)
        quarry = self.start(self.plugin(*folder, "queue.db"))
        quarry.wait_ready()
        quarry.api.grab(title="film", magnet_url=f"magnet:?xt=urn:btih:{1:040x}")
        quarry.stop()
        return self.folder.joinpath(*folder, "queue.db")

    def test_a_damaged_file(self):
        file = self.made()
        whole = file.read_bytes()
        for what, content, words in (("no database", b"not a database\n" * 5000, "is not an SQLite database"),
                                     ("overwritten", whole[:100] + b"\x5a" * (len(whole) - 100), "is damaged")):
            with self.subTest(what):
                file.write_bytes(content)
                self.assert_refused(self.start(self.plugin("queue.db")), DAMAGED, words, str(file), "restore a backup")
                self.assertEqual(file.read_bytes(), content, "it is left as it was found")

    def test_a_file_of_somebody_else(self):
        with sqlite3.connect(self.folder / "queue.db") as database:
            database.execute("create table bookmarks (url)")
        self.assert_refused(self.start(self.plugin("queue.db")), FOREIGN, "database of another program", "choose another file")

    def test_a_newer_file(self):
        with sqlite3.connect(self.made()) as database:
            database.execute("pragma user_version = 99")
        self.assert_refused(self.start(self.plugin("queue.db")), NEWER, "version 99", "install the newer quarry")

    def test_a_folder_that_is_missing(self):
        self.assert_refused(self.start(self.plugin("nowhere", "queue.db")), MISSING, "does not exist; make it")

    def test_missing_rights(self):
        under = unprivileged()
        if under is None:
            self.skipTest("root cannot give up what it may here (setpriv): nothing would be refused")
        file = self.made("above", "store")
        store, above, lock, log = file.parent, file.parent.parent, file.with_name("queue.db.lock"), file.with_name("queue.db-wal")
        content = file.read_bytes()
        cases = [
            ("file: not to be read", file, 0o200, "queue.db", f"{file} cannot be opened: Permission denied"),
            ("file: not to be written", file, 0o400, "queue.db", f"{file} cannot be opened: Permission denied"),
            ("lock: not to be written", lock, 0o400, "queue.db", f"{lock} of the queue database cannot be opened: Permission denied"),
            ("write-ahead log: nothing", log, 0o000, "queue.db", f"{file} cannot be opened; check that the folder and file"),
            ("folder: nothing to be made, old file", store, 0o500, "queue.db", f"queue database {file} cannot be"),
            ("folder: nothing to be made, new file", store, 0o500, "new.db", "new.db.lock of the queue database cannot be opened"),
            ("folder: not to be entered", store, 0o600, "queue.db", f"{lock} of the queue database cannot be opened"),
            ("folder above: not to be entered", above, 0o600, "queue.db", f"{store} of the queue database cannot be entered"),
        ]
        for what, place, mode, name, words in cases:
            with self.subTest(what):
                place.touch()
                before = place.stat().st_mode
                place.chmod(mode)
                try:
                    self.assert_refused(self.start(self.plugin("above", "store", name), under=under), RIGHTS, words, "check")
                finally:
                    place.chmod(before)
                self.assertEqual(file.read_bytes(), content, "it is left as it was found")
                self.assertFalse(file.with_name("new.db").exists())
        quarry = self.start(self.plugin("above", "store", "queue.db"), under=under)
        quarry.wait_ready()
        self.assertEqual(len(quarry.api.queue()), 1, "with its rights it goes on")

    def test_a_file_system_that_is_read_only(self):
        namespace = namespace_command()
        if namespace is None:
            self.skipTest("this system lets us mount no file system, not even in a namespace of our own (unshare --mount)")
        folders = [str(self.made("store").parent), str(self.lab.subfolder("mounted"))]
        for name in ("queue.db", "new.db"):
            with self.subTest(name):
                quarry = self.start(self.plugin("mounted", name), under=[*namespace, "sh", "-c", READ_ONLY_MOUNT, "sh", *folders])
                self.assert_refused(quarry, READ_ONLY, f"{name}.lock", "Read-only file system", "the mount of its folder")

    def test_a_second_process_on_the_same_file(self):
        first = self.start(self.plugin("queue.db"))
        first.wait_ready()
        second = self.start(self.plugin("queue.db"), name="quarry-second")
        self.assert_refused(second, IN_USE, f"in use by process {first.process.pid}", "stop it or choose another file")
        self.assertTrue(is_ready(first.url))

    def test_a_network_file_system(self):
        compiler = shutil.which("cc")
        if compiler is None:
            self.skipTest("there is no C compiler")
        source, shim = self.folder / "shim.c", self.folder / "shim.so"
        source.write_text(STATFS_SHIM)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
        self.lab.subfolder("on-nfs")
        environment = {"LD_PRELOAD": str(shim), "ASAN_OPTIONS": "verify_asan_link_order=0"}
        quarry = self.start(self.plugin("on-nfs", "queue.db"), environment)
        self.assert_refused(quarry, FILE_SYSTEM, "NFS", "choose a folder on a local disk")

    def test_a_row_that_should_not_exist_is_set_aside(self):
        quarry = self.start(self.plugin("queue.db"))
        quarry.wait_ready()

        def spoil(values):
            with sqlite3.connect(self.folder / "queue.db", timeout=20) as database:
                database.execute("pragma ignore_check_constraints = on")
                database.execute(f"update download set {values}")

        self.check_set_aside(quarry, spoil)


if __name__ == "__main__":
    main()
