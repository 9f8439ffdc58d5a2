// SPDX-License-Identifier: MIT
#include "cli/release_view.hpp"

#include "cli/formats.hpp"
#include "cli/table.hpp"

namespace quarry::cli {
namespace {

std::string verdict_of(sdk::Json release) {
  if (release["accepted"].as_bool()) { return "accepted"; }
  return release["rejections"].size() > 0 ? "rejected" : "below " + format_score(release["threshold"].as_double());
}

std::string seeders_of(sdk::Json release) {
  const sdk::Json seeders = release["seeders"];
  return seeders.present() ? std::to_string(seeders.as_int()) : "-";
}

}  // namespace

std::string reasons_of(sdk::Json release) {
  std::string text;
  const sdk::Json reasons = release["reasons"];
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    text += text.empty() ? "" : ", ";
    text.append(reasons.at(i)["rule"].as_string())
        .append(" ")
        .append(format_points(reasons.at(i)["points"].as_double()));
    if (const auto detail = reasons.at(i)["detail"].as_string(); !detail.empty()) {
      text.append(" (").append(detail).append(")");
    }
  }
  const sdk::Json rejections = release["rejections"];
  for (std::size_t i = 0; i < rejections.size(); ++i) {
    text += i > 0 ? ", " : text.empty() ? "rejected: " : "; rejected: ";
    text.append(rejections.at(i).as_string());
  }
  return text;
}

std::string render_releases(sdk::Json releases, const Terminal& terminal) {
  Table table({{"#", Align::right, false},
               {"score", Align::right, false},
               {"verdict", Align::left, false},
               {"size", Align::right, false},
               {"seeders", Align::right, false},
               {"age", Align::right, false},
               {"indexer", Align::left, false},
               {"title", Align::left, true}});
  for (std::size_t i = 0; i < releases.size(); ++i) {
    const sdk::Json release = releases.at(i);
    table.add_row({std::to_string(i + 1), format_score(release["score"].as_double()), verdict_of(release),
                   std::string(release["sizeDisplay"].as_string("-")), seeders_of(release),
                   format_age(release["ageMinutes"].as_int(-1)), std::string(release["indexer"].as_string()),
                   std::string(release["title"].as_string())});
    const std::string reasons = reasons_of(release);
    table.add_note("id " + std::string(release["id"].as_string()) + (reasons.empty() ? "" : "  " + reasons));
  }
  return table.render(terminal);
}

}  // namespace quarry::cli
