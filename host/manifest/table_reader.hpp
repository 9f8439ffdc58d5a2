// SPDX-License-Identifier: MIT
// Reads one table of the manifest, setting by setting, and gathers what is wrong with it.
#pragma once

#include "manifest/expand.hpp"

#include <toml++/toml.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::manifest {

/// What reading needs besides the table.
struct ReadContext {
  std::string source;  ///< the manifest, as it was named
  std::filesystem::path folder;
  const Environment& environment;
  std::vector<Problem>& problems;
  std::vector<Problem>& absences;  ///< of variables and files that a ${…} names; may be `problems`

  void problem(const toml::source_region& where, std::string text) const;
  /// That of `expansion`, which begins with `what`.
  void problem(const toml::source_region& where, const std::string& what, const Expansion& expansion) const;
};

/// A getter notes the key as known, and answers nothing when the key is absent or its value wrong; the
/// problem is then noted. Texts are expanded first, and may stand for a number or a boolean.
class TableReader {
 public:
  /// `name` for people: "[queue]". `table` may be null: every key is absent.
  TableReader(const ReadContext& context, const toml::table* table, std::string name);

  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
  [[nodiscard]] std::optional<double> number(std::string_view key, double least, double most);
  [[nodiscard]] std::optional<bool> boolean(std::string_view key);
  [[nodiscard]] std::vector<std::string> texts(std::string_view key);
  /// A key that something else reads.
  [[nodiscard]] const toml::node* node(std::string_view key);

  /// A problem at the value of `key`, or at the table when it is absent.
  void problem(std::string_view key, const std::string& text) const;
  /// Notes every key that no getter asked for, with the nearest that one did ask for.
  void refuse_unknown_keys() const;

 private:
  [[nodiscard]] std::optional<Expansion> expanded_text(const toml::node& value, std::string_view key,
                                                       std::string_view wanted);

  const ReadContext& context_;
  const toml::table* table_;
  std::string name_;
  std::set<std::string, std::less<>> known_;
};

/// The known word nearest to `word`, or empty when none is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::set<std::string, std::less<>>& known);

}  // namespace quarry::manifest
