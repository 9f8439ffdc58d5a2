// SPDX-License-Identifier: MIT
// g++ 12 compiles several forms of co_await into programs that hang, free twice or do nothing. What it
// compiles right is: co_await as the whole right-hand side of a declaration, an assignment or an
// expression statement, with arguments that have names. This test holds the sources to it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

namespace fs = std::filesystem;

/// Source text without comments and without the contents of literals.
std::string stripped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "//") == 0) {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (text.compare(i, 2, "/*") == 0) {
      i = std::min(text.find("*/", i), text.size() - 2) + 1;
    } else if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) { i += text[i] == '\\' ? 1 : 0; }
      out += "text";
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) { text.remove_prefix(1); }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) { text.remove_suffix(1); }
  return text;
}

/// Nothing but a name: "session.stream", "*body", "asio::async_write", "const bool ok" (with blanks).
bool is_name(std::string_view text, bool blanks = false) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) || std::string_view("_:.*->").find(static_cast<char>(c)) != std::string_view::npos ||
           (blanks && std::isspace(c));
  });
}

bool are_names(std::string_view arguments) {
  if (trimmed(arguments).empty()) { return true; }
  while (true) {
    const auto comma = arguments.find(',');
    std::string_view one = trimmed(arguments.substr(0, comma));
    if (one.starts_with("std::move(") && one.ends_with(')')) { one = one.substr(10, one.size() - 11); }
    if (!is_name(one)) { return false; }
    if (comma == std::string_view::npos) { return true; }
    arguments.remove_prefix(comma + 1);
  }
}

/// "[declaration =] co_await name(names)" and nothing else.
bool is_safe(std::string_view statement) {
  constexpr std::string_view kAwait = "co_await";
  const auto at = statement.find(kAwait);
  std::string_view before = trimmed(statement.substr(0, at));
  const std::string_view call = trimmed(statement.substr(at + kAwait.size()));
  const auto open = call.find('(');
  if (!before.empty()) {
    if (before.back() != '=') { return false; }
    before = trimmed(before.substr(0, before.size() - 1));
    if (!is_name(before, true)) { return false; }
  }
  return open != std::string_view::npos && call.ends_with(')') && is_name(call.substr(0, open)) &&
         are_names(call.substr(open + 1, call.size() - open - 2));
}

/// The statements that hold a co_await in a form that is not known to be compiled right.
std::vector<std::string> violations(const std::string& text) {
  std::vector<std::string> out;
  const std::string code = stripped(text);
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= code.size(); ++i) {
    const char c = i < code.size() ? code[i] : ';';
    if (c != ';' && c != '{' && c != '}') { continue; }
    std::string statement = code.substr(begin, i - begin);
    begin = i + 1;
    if (statement.find("co_await") == std::string::npos) { continue; }
    if (c != ';' || !is_safe(statement)) { out.push_back(std::move(statement)); }
  }
  return out;
}

TEST(CoroutineRule, KnowsTheFormsThatBreak) {
  for (const char* bad : {
           "if (co_await f()) { }",
           "while (co_await f()) { }",
           "switch (co_await f()) { }",
           "auto x = a && co_await f();",
           "auto x = c ? co_await a() : b;",
           "co_await f([x] { return x; });",
           "co_await f(Req{1});",
           "co_await f({a, b});",
           "auto v = g(co_await f());",
           "if (x) co_await f();",
           "auto x = (co_await f()).value();",
           "co_return co_await f();",
           "co_await f(g(1));",
       }) {
    EXPECT_EQ(violations(bad).size(), 1U) << bad;
  }
  for (const char* good : {
           "co_await f();",
           "const bool ok = co_await s.read(a, b.c, *d);",
           "auto const ok = co_await f(std::move(job));",
           "ok = co_await f(42);",
           "if (x) { co_await f(token); }  // co_await in words",
       }) {
    EXPECT_TRUE(violations(good).empty()) << good;
  }
}

TEST(CoroutineRule, HoldsInThisFolder) {
  int with_coroutines = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(__FILE__).parent_path())) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name.ends_with("_test.cpp")) { continue; }
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    with_coroutines += stripped(text.str()).find("co_await") != std::string::npos ? 1 : 0;
    for (const std::string& statement : violations(text.str())) { ADD_FAILURE() << name << ": " << statement; }
  }
  EXPECT_EQ(with_coroutines, 1) << "coroutines and the network library live in server.cpp alone";
}

}  // namespace
