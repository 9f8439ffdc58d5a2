// SPDX-License-Identifier: MIT
#include "plugins/redactor.hpp"

#include <quarry/sdk/helpers/http_client.hpp>
#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>
#include <mutex>

namespace quarry::plugins {
namespace {
constexpr std::string_view kInstead = "[secret]";
/// Shorter secrets are looked for as whole words only: "x" would be found in every sentence, and its places would tell
/// what it is.
constexpr std::size_t kLongEnough = 6;

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool counts(std::string_view text, std::size_t at, std::size_t size) {
  if (size >= kLongEnough) { return true; }
  const bool goes_on = at + size < text.size() && is_word(text[at + size - 1]) && is_word(text[at + size]);
  return !goes_on && (at == 0 || !is_word(text[at - 1]) || !is_word(text[at]));
}
}  // namespace

void Redactor::add(std::string_view secret) {
  if (secret.empty()) { return; }
  std::string json = sdk::JsonWriter().value(secret).take();
  json = json.substr(1, json.size() - 2);
  const std::lock_guard lock(mutex_);
  insert(std::string(secret));
  insert(sdk::percent_encode(secret));
  insert(std::move(json));
}

void Redactor::insert(std::string form) {
  if (std::find(forms_.begin(), forms_.end(), form) != forms_.end()) { return; }
  const auto place = std::find_if(forms_.begin(), forms_.end(), [&](const auto& f) { return f.size() < form.size(); });
  forms_.insert(place, std::move(form));
}

std::string Redactor::clean(std::string_view text) const {
  std::string out(text);
  const std::shared_lock lock(mutex_);
  for (const auto& form : forms_) {
    for (auto at = out.find(form); at != std::string::npos; at = out.find(form, at)) {
      const bool hide = counts(out, at, form.size());
      if (hide) { out.replace(at, form.size(), kInstead); }
      at += hide ? kInstead.size() : 1;
    }
  }
  return out;
}

}  // namespace quarry::plugins
