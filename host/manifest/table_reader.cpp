// SPDX-License-Identifier: MIT
#include "manifest/table_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <sstream>

namespace quarry::manifest {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string joined(const std::set<std::string, std::less<>>& words) {
  std::string out;
  for (const auto& word : words) { out += (out.empty() ? "" : ", ") + word; }
  return out;
}

template <class Number>
std::string readable(Number value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) { return std::nullopt; }
  return value;
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") { return true; }
  if (text == "false" || text == "0" || text == "no" || text == "off") { return false; }
  return std::nullopt;
}

const char* type_name(const toml::node& value) {
  switch (value.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

}  // namespace

void ReadContext::problem(const toml::source_region& where, std::string text) const {
  problems.push_back({source, where.begin.line, where.begin.column, std::move(text)});
}

void ReadContext::problem(const toml::source_region& where, const std::string& what, const Expansion& expansion) const {
  auto& kept = expansion.absent ? absences : problems;
  kept.push_back({source, where.begin.line, where.begin.column, what + expansion.problem});
}

std::string nearest(std::string_view word, const std::set<std::string, std::less<>>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

TableReader::TableReader(const ReadContext& context, const toml::table* table, std::string name)
    : context_(context), table_(table), name_(std::move(name)) {}

const toml::node* TableReader::node(std::string_view key) {
  known_.emplace(key);
  return table_ == nullptr ? nullptr : table_->get(key);
}

void TableReader::problem(std::string_view key, const std::string& text) const {
  const toml::node* at = table_ == nullptr ? nullptr : table_->get(key);
  if (at == nullptr) { at = table_; }
  context_.problem(at == nullptr ? toml::source_region{} : at->source(), text);
}

std::optional<Expansion> TableReader::expanded_text(const toml::node& value, std::string_view key,
                                                    std::string_view wanted) {
  const auto* text = value.as_string();
  if (text == nullptr) {
    problem(key, name_ + " " + std::string(key) + " is " + type_name(value) + ": write " + std::string(wanted));
    return std::nullopt;
  }
  Expansion expansion = expand(text->get(), context_.environment, context_.folder);
  if (!expansion.problem.empty()) {
    context_.problem(table_->get(key)->source(), name_ + " " + std::string(key) + ": ", expansion);
    return std::nullopt;
  }
  return expansion;
}

std::optional<std::string> TableReader::text(std::string_view key) {
  const toml::node* value = node(key);
  if (value == nullptr) { return std::nullopt; }
  auto expansion = expanded_text(*value, key, "a text in double quotes");
  if (!expansion) { return std::nullopt; }
  if (expansion->text.empty()) {
    problem(key, name_ + " " + std::string(key) + " is empty: write a text, or leave the line out");
    return std::nullopt;
  }
  return std::move(expansion->text);
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t least, std::int64_t most) {
  const toml::node* value = node(key);
  if (value == nullptr) { return std::nullopt; }
  const std::string wanted = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  std::optional<std::int64_t> number;
  bool shown = true;
  if (const auto* direct = value->as_integer()) {
    number = direct->get();
  } else {
    const auto expansion = expanded_text(*value, key, wanted);
    if (!expansion) { return std::nullopt; }
    number = parse_number<std::int64_t>(expansion->text);
    shown = !expansion->expanded;
  }
  if (number && *number >= least && *number <= most) { return number; }
  const std::string found = !number ? " is no whole number"
                            : shown ? " is " + std::to_string(*number)
                                    : " is out of range";
  problem(key, name_ + " " + std::string(key) + found + ": write " + wanted);
  return std::nullopt;
}

std::optional<double> TableReader::number(std::string_view key, double least, double most) {
  const toml::node* value = node(key);
  if (value == nullptr) { return std::nullopt; }
  const std::string wanted = "a number from " + readable(least) + " to " + readable(most);
  std::optional<double> number = value->as_string() == nullptr ? value->value<double>() : std::nullopt;
  if (!number) {
    const auto expansion = expanded_text(*value, key, wanted);
    if (!expansion) { return std::nullopt; }
    number = parse_number<double>(expansion->text);
  }
  if (number && std::isfinite(*number) && *number >= least && *number <= most) { return number; }
  problem(key, name_ + " " + std::string(key) + (number ? " is out of range" : " is no number") + ": write " + wanted);
  return std::nullopt;
}

std::optional<bool> TableReader::boolean(std::string_view key) {
  const toml::node* value = node(key);
  if (value == nullptr) { return std::nullopt; }
  if (const auto* direct = value->as_boolean()) { return direct->get(); }
  const auto expansion = expanded_text(*value, key, "true or false");
  if (!expansion) { return std::nullopt; }
  auto yes = parse_boolean(expansion->text);
  if (!yes) { problem(key, name_ + " " + std::string(key) + " is no boolean: write true or false"); }
  return yes;
}

std::vector<std::string> TableReader::texts(std::string_view key) {
  std::vector<std::string> out;
  const toml::node* value = node(key);
  if (value == nullptr) { return out; }
  const auto* array = value->as_array();
  if (array == nullptr) {
    problem(key,
            name_ + " " + std::string(key) + " is " + type_name(*value) + ": write an array of texts, [\"a\", \"b\"]");
    return out;
  }
  for (const auto& element : *array) {
    auto expansion = expanded_text(element, key, "an array of texts, [\"a\", \"b\"]");
    if (expansion) { out.push_back(std::move(expansion->text)); }
  }
  return out;
}

void TableReader::refuse_unknown_keys() const {
  if (table_ == nullptr) { return; }
  for (const auto& [key, value] : *table_) {
    if (known_.contains(key.str())) { continue; }
    const std::string near = nearest(key.str(), known_);
    context_.problem(key.source(),
                     name_ + " has no setting \"" + std::string(key.str()) +
                         "\": " + (near.empty() ? "write one of " + joined(known_) : "did you mean \"" + near + "\"?"));
  }
}

}  // namespace quarry::manifest
