// SPDX-License-Identifier: MIT
#include "test_planner.hpp"

#include "raw_postgres.hpp"
#include "session_settings.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace quarry::storage_postgres::testing {
namespace {

std::int64_t number_after(std::string_view line, std::string_view word) {
  const std::size_t at = line.find(word);
  return at == line.npos ? 0 : std::stoll(std::string(line.substr(at + word.size())));
}
/// The word that begins at `at`, without what opens it.
std::string word_at(std::string_view line, std::size_t at) {
  at = line.find_first_not_of(" (", at);
  if (at == line.npos) { return {}; }
  return std::string(line.substr(at, line.find_first_of(" )", at) - at));
}
std::string word_after(std::string_view line, std::string_view before) {
  return word_at(line, line.find(before) + before.size());
}
bool has(std::string_view line, std::string_view part) { return line.find(part) != line.npos; }
/// Where an index is read: its name; else empty.
std::string index_of(std::string_view line) {
  if (has(line, "Bitmap Index Scan on ")) { return word_after(line, "Bitmap Index Scan on "); }
  return has(line, "Scan") && has(line, " using ") ? word_after(line, " using ") : "";
}
/// The column by whose values an index is searched. That it is not null is said of those that are walked.
std::string column_of(std::string line) {
  constexpr std::string_view kNotNull = " IS NOT NULL)";
  for (std::size_t end = line.find(kNotNull); end != line.npos; end = line.find(kNotNull)) {
    const std::size_t begin = line.rfind('(', end);
    end += kNotNull.size();
    const std::string_view rest = std::string_view(line).substr(end);
    line.erase(begin, end + (rest.starts_with(" AND ") ? 5 : 0) - begin);
  }
  const std::string column = word_after(line, "Index Cond: ");
  return column.empty() ? "in order" : column;
}
bool of_the_server(const std::string& name) { return name.starts_with("pg_") || name.ends_with("_seq"); }

}  // namespace

Plan::Plan(std::string text) : text_(std::move(text)) {
  std::vector<std::size_t> sorting;
  std::string walked;  // an index of which is not known yet by what it is searched
  const auto know = [&](const std::string& how) {
    if (!walked.empty() && !of_the_server(walked)) { reads_.insert(walked + " " + how); }
    walked.clear();
  };
  std::istringstream lines(text_);
  for (std::string line; std::getline(lines, line);) {
    if (has(line, "Index Cond: ")) { know(column_of(line)); }
    if (has(line, "Buffers: shared ")) {
      buffers_ = std::max(buffers_, number_after(line, " hit=") + number_after(line, " read="));
    }
    if (!has(line, "(cost=")) { continue; }
    know("in order");
    walked = index_of(line);
    read_step(line, sorting);
  }
  know("in order");
}

void Plan::read_step(std::string_view line, std::vector<std::size_t>& sorting) {
  const std::size_t depth = line.find_first_not_of(' ');
  while (!sorting.empty() && sorting.back() >= depth) { sorting.pop_back(); }
  if (has(line, "Sort  (cost=")) { sorting.push_back(depth); }
  const bool whole = has(line, "Seq Scan on ");
  const std::string read = whole ? word_after(line, "Seq Scan on ") : index_of(line);
  if (read.empty() || of_the_server(read)) { return; }
  if (whole) { reads_.insert(read + " whole"); }
  if (sorting.empty()) { return; }
  sorts_ = true;
  sorted_rows_ = std::max(sorted_rows_, number_after(line, "(actual rows=") * number_after(line, " loops="));
}

std::string with_dollars(std::string statement) {
  for (std::size_t i = 0; i + 1 < statement.size(); ++i) {
    const bool is_parameter = statement[i] == ':' && statement[i + 1] >= '0' && statement[i + 1] <= '9';
    if (is_parameter) { statement[i] = '$'; }
  }
  return statement;
}

Planner::Planner(const std::string& url, const char* session)
    : connection_(PQconnectdb(connection_words(url).c_str())) {
  PQsetNoticeProcessor(
      connection_, [](void* self, const char* text) { static_cast<Planner*>(self)->told_ += text; }, this);
  run(sql::kSession);
  run(session);
  run(kTellAll);
}

void Planner::run(const std::string& text) {
  PGresult* result = PQexec(connection_, text.c_str());
  const std::string failure = PQresultErrorMessage(result);
  PQclear(result);
  if (!failure.empty()) { throw std::runtime_error(failure + " of " + text); }
}

Plan Planner::plan(const std::string& text, const std::string& values) {
  run("PREPARE asked AS " + with_dollars(text));
  // The first time, what is inside of functions is planned.
  for (int time = 0; time < 2; ++time) {
    told_.clear();
    run("BEGIN; EXECUTE asked" + (values.empty() ? "" : "(" + values + ")") + "; ROLLBACK");
  }
  std::string told = std::move(told_);
  run("DEALLOCATE asked");
  return Plan(std::move(told));
}

}  // namespace quarry::storage_postgres::testing
