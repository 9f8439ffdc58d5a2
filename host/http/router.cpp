// SPDX-License-Identifier: MIT
#include "http/router.hpp"

#include <stdexcept>

namespace quarry::http {
namespace {

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) { c = lower(c); }
  return out;
}

std::vector<std::string> pattern_segments(const std::string& pattern) {
  if (pattern.size() < 2 || pattern.front() != '/') {
    throw std::invalid_argument("route \"" + pattern + "\" must start with '/' and name something");
  }
  std::vector<std::string> out;
  std::string_view rest = std::string_view(pattern).substr(1);
  while (true) {
    const auto end = rest.find('/');
    const std::string_view part = rest.substr(0, end);
    const bool opens = !part.empty() && part.front() == '{';
    const bool closes = !part.empty() && part.back() == '}';
    if (part.empty() || opens != closes || (opens && part.size() < 3)) {
      throw std::invalid_argument("route \"" + pattern + "\" holds an empty segment or a broken {name}");
    }
    out.emplace_back(part);
    if (end == std::string_view::npos) { return out; }
    rest.remove_prefix(end + 1);
  }
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (std::size_t i = 0; i < routes_.size(); ++i) { insert(i); }
}

void Router::insert(std::size_t index) {
  const Route& route = routes_[index];
  if (!route.handler) { throw std::invalid_argument("route \"" + route.pattern + "\" has no handler"); }
  Leaf leaf{index, {}};
  Node* node = &root_;
  for (const std::string& segment : pattern_segments(route.pattern)) {
    const bool any = segment.front() == '{';
    if (any) { leaf.names.push_back(segment.substr(1, segment.size() - 2)); }
    std::unique_ptr<Node>& next = any ? node->any : node->literals[lowered(segment)];
    if (!next) { next = std::make_unique<Node>(); }
    node = next.get();
  }
  if (!node->by_method.emplace(route.method, std::move(leaf)).second) {
    throw std::invalid_argument("two routes answer " + route.method + " " + route.pattern);
  }
}

void Router::walk(const Node& node, std::size_t depth, Search& search) {
  if (depth == search.segments.size()) {
    auto it = node.by_method.find(search.method);
    if (it == node.by_method.end() && search.method == "HEAD") { it = node.by_method.find("GET"); }
    if (it != node.by_method.end()) {
      search.found = &it->second;
      return;
    }
    for (const auto& [method, leaf] : node.by_method) {
      search.allow.push_back(method);
      if (method == "GET") { search.allow.emplace_back("HEAD"); }
    }
    return;
  }
  const std::string& segment = search.segments[depth];
  if (const auto it = node.literals.find(lowered(segment)); it != node.literals.end()) {
    walk(*it->second, depth + 1, search);
    if (search.found != nullptr) { return; }
  }
  if (!node.any || segment.empty()) { return; }
  search.taken.push_back(depth);
  walk(*node.any, depth + 1, search);
  if (search.found == nullptr) { search.taken.pop_back(); }
}

Match Router::match(std::string_view method, const std::vector<std::string>& segments) const {
  Search search{method, segments, {}, {}, nullptr};
  walk(root_, 0, search);
  Match match;
  if (search.found != nullptr) {
    match.route = &routes_[search.found->route];
    for (std::size_t i = 0; i < search.taken.size(); ++i) {
      match.path_params.emplace_back(search.found->names[i], segments[search.taken[i]]);
    }
    return match;
  }
  std::sort(search.allow.begin(), search.allow.end());
  search.allow.erase(std::unique(search.allow.begin(), search.allow.end()), search.allow.end());
  for (const std::string& allowed : search.allow) { match.allow += (match.allow.empty() ? "" : ", ") + allowed; }
  return match;
}

}  // namespace quarry::http
