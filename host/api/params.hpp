// SPDX-License-Identifier: MIT
// Reads what a call brings, with the refusal ready when it is not what it should be.
#pragma once

#include "api/call.hpp"

#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/helpers/json.hpp>

#include <cstdint>
#include <limits>
#include <optional>

namespace quarry::api {

inline constexpr std::int64_t kMaxNumber = std::numeric_limits<std::int64_t>::max();
/// Rows of a page, whatever is asked for.
inline constexpr std::int64_t kMaxPageSize = 1000;

/// Remembers the first problem. A handler reads all it wants, asks refusal() once, and only then acts.
class Reader {
 public:
  /// The answer to give when something was wrong.
  [[nodiscard]] const std::optional<ApiResponse>& refusal() const noexcept { return refusal_; }
  /// Refuses with 422 and names the field.
  void refuse_field(std::string_view field, std::string_view message);

 protected:
  explicit Reader(const ApiRequest& request) : request_(request) {}
  ~Reader() = default;
  void refuse(int status, std::string_view code, std::string_view message, std::string_view description);

  const ApiRequest& request_;
  std::optional<ApiResponse> refusal_;
};

/// Query parameters, by name without regard to case. Unknown ones are ignored. An empty value counts as
/// absent.
class Query : public Reader {
 public:
  explicit Query(const ApiRequest& request) : Reader(request) {}

  [[nodiscard]] std::string_view text(std::string_view name) const;
  /// Every value of a repeated parameter, split at commas, without empty ones.
  [[nodiscard]] std::vector<std::string_view> list(std::string_view name) const;
  /// A whole number from `min` to `max`; 422 for anything else.
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback, std::int64_t min, std::int64_t max);
  /// true, false, 1 or 0 in any case; 422 for anything else.
  [[nodiscard]] bool boolean(std::string_view name, bool fallback);
};

/// The members of a JSON object in the body. Names are compared without case and underscores, so
/// "movie_id" and "movieId" are one. Unknown members are ignored; null counts as absent.
class Body : public Reader {
 public:
  enum class Need { required, optional };
  /// 415 when there is a body that does not say it is application/json; 400 when it is no JSON, too
  /// deep, not UTF-8, or missing although required; 422 when it is no object.
  Body(const ApiRequest& request, Need need);

  /// Absent when there is no body.
  [[nodiscard]] sdk::Json root() const noexcept { return root_; }
  [[nodiscard]] sdk::Json member(std::string_view name) const { return member_of(root_, name); }
  [[nodiscard]] static sdk::Json member_of(sdk::Json object, std::string_view name);

  /// 422 for another type, more than `max_bytes`, or control characters.
  [[nodiscard]] std::string text(std::string_view name, std::size_t max_bytes) {
    return text_in(root_, name, max_bytes);
  }
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback, std::int64_t min, std::int64_t max) {
    return integer_in(root_, name, fallback, min, max);
  }
  [[nodiscard]] bool boolean(std::string_view name, bool fallback);
  /// `normal` when absent; 422 that names the allowed words for another one.
  [[nodiscard]] sdk::Priority priority();

  /// As above, in an object that is itself a member.
  [[nodiscard]] std::string text_in(sdk::Json object, std::string_view name, std::size_t max_bytes);
  [[nodiscard]] std::int64_t integer_in(sdk::Json object, std::string_view name, std::int64_t fallback,
                                        std::int64_t min, std::int64_t max);

 private:
  std::optional<sdk::JsonDocument> document_;
  sdk::Json root_;
};

/// The path parameter "id" as a number above 0; nothing when it is none: there can be no such download.
[[nodiscard]] std::optional<std::int64_t> path_id(const ApiRequest& request);

}  // namespace quarry::api
