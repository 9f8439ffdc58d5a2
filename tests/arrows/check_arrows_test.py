#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checker must be able to fail: each rule meets a small tree that breaks it."""
import tempfile
import unittest
from pathlib import Path

import check_arrows

HEAD = "// SPDX-License-Identifier: MIT\n"


class Checker(unittest.TestCase):
    def breaches(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return [f"{path}:{number}: {text}" for path, number, text in check_arrows.check(root)]

    def assert_breach(self, name, text, expected):
        found = self.breaches({name: text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])
        self.assertTrue(found[0].startswith(name), found[0])

    def test_what_is_allowed_passes(self):
        self.assertEqual(self.breaches({
            "host/main.cpp": HEAD + '#include "app/app.hpp"\n#include <CLI/CLI.hpp>\n',
            "host/app/app.cpp": HEAD + '#include "queue/x.hpp"\n#include "ops/logging.hpp"\n',
            "host/api/queue.cpp": HEAD + '#include "api/queue.hpp"\n#include "search/search.hpp"\n',
            "host/http/server.cpp": HEAD + "#include <boost/beast.hpp>\nauto const ok = co_await read(s);\n",
            "host/queue/a_test.cpp": HEAD + "#include <quarry/sdk/testing/fake_host.hpp>\n#include <chrono>\n",
            "host/queue/metainfo.cpp": HEAD + "#include <libtorrent/bdecode.hpp>\n// not a steady_clock\n",
            "sdk/include/quarry/sdk/abi/status.hpp": HEAD + "#pragma once\n#include <cstdint>\n",
            "build/x.cpp": "anything\n",
        }), [])

    def test_arrow_between_folders(self):
        self.assert_breach("host/queue/a.cpp", HEAD + '#include "api/queue.hpp"\n', "host/queue may not include")
        self.assert_breach("host/http/a.cpp", HEAD + '#include "ops/logging.hpp"\n', "host/http may not include")
        self.assert_breach("host/main.cpp", HEAD + '#include "queue/a.hpp"\n', "host/main may not include")
        self.assert_breach("host/elsewhere/a.cpp", HEAD + '#include <vector>\n', "not in the architecture")

    def test_plugins_do_not_see_the_host(self):
        self.assert_breach("plugins/x/a.cpp", HEAD + '#include "queue/download.hpp"\n', "its own folder")

    def test_libraries_stay_where_they_belong(self):
        self.assert_breach("host/api/a.cpp", HEAD + "#include <boost/beast/http.hpp>\n", "host/http/ only")
        self.assert_breach("host/http/a.hpp", HEAD + "#pragma once\n#include <boost/beast.hpp>\n", ".cpp files only")
        private = {"host/manifest/toml_reader.hpp": HEAD + "#pragma once\n#include <toml++/toml.h>\n"}
        self.assertEqual(self.breaches(private), [])
        user = {"host/app/a.cpp": HEAD + '#include "manifest/toml_reader.hpp"\n'}
        self.assertEqual(len(self.breaches(private | user)), 1)
        self.assert_breach("host/app/a.cpp", HEAD + "#include <spdlog/spdlog.h>\n", "host/ops/ only")
        self.assert_breach("plugins/hd/a.cpp", HEAD + "#include <curl/curl.h>\n", "host/plugins/")

    def test_abi_needs_the_standard_library_alone(self):
        self.assert_breach("sdk/include/quarry/sdk/abi/a.hpp",
                           HEAD + "#pragma once\n#include <quarry/sdk/helpers/json.hpp>\n", "standard library alone")

    def test_testing_headers_are_for_tests(self):
        self.assert_breach("host/queue/a.cpp", HEAD + "#include <quarry/sdk/testing/fake_host.hpp>\n", "tests only")

    def test_core_reads_no_clock(self):
        self.assert_breach("host/queue/a.cpp", HEAD + "auto t = std::chrono::steady_clock::now();\n", "sdk::Clock")

    def test_coroutines(self):
        self.assert_breach("host/queue/a.cpp", HEAD + "co_return;\n", "host/http/ only")

    def test_host_names_no_plugin(self):
        self.assertEqual(len(self.breaches({
            "plugins/qbt/README.md": "x\n",
            "host/app/a.cpp": HEAD + 'load("qbt");\n',
            "host/app/b.cpp": HEAD + "// qbt is a plugin\n",
        })), 1)

    def test_head_of_each_file(self):
        self.assert_breach("host/app/a.cpp", "int x;\n", "SPDX")
        self.assert_breach("host/app/a.hpp", HEAD, "#pragma once")

    def test_house_words(self):
        self.assert_breach("docs/a.md", "see /wo" + "rk/main/x\n", "outside the repository")
        self.assert_breach("docs/a.md", "TO" + "DO later\n", "unfinished")

    def test_headers_compile_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in {"host/a/good.hpp": HEAD + "#pragma once\n#include <string>\ninline std::string s();\n",
                               "host/a/bad.hpp": HEAD + "#pragma once\ninline std::string s();\n"}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            self.assertEqual([path for path, _, _ in check_arrows.check_headers(root)], ["host/a/bad.hpp"])


if __name__ == "__main__":
    unittest.main()
