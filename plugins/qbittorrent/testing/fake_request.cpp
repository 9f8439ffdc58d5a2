// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/testing/fake_request.hpp"

#include <charconv>

namespace quarry::qbittorrent::testing {
namespace {

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size()) {
      unsigned byte = 0;
      std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// The value of name="…" in a Content-Disposition.
std::string quoted(std::string_view head, const std::string& name) {
  const std::string start = name + "=\"";
  const std::size_t at = head.find(start);
  if (at == std::string_view::npos) { return {}; }
  const std::size_t from = at + start.size();
  return std::string(head.substr(from, head.find('"', from) - from));
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t at = text.find(separator);
    if (at != 0) { out.emplace_back(text.substr(0, at)); }
    text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  }
  return out;
}

FakeRequest::FakeRequest(const sdk::testing::SeenRequest& seen) : post(seen.method == "POST") {
  static constexpr std::string_view kRoot = "/api/v2/";
  const std::string path = seen.path();
  const std::size_t root = path.find(kRoot);
  if (root != std::string::npos) { action = path.substr(root + kRoot.size()); }
  static constexpr std::string_view kMultipart = "multipart/form-data; boundary=";
  const std::string_view type = seen.header("Content-Type");
  if (type.starts_with(kMultipart)) {
    read_multipart(seen.body, "--" + std::string(type.substr(kMultipart.size())));
  } else if (post) {
    read_form(seen.body);
  } else if (const std::size_t query = seen.url.find('?'); query != std::string::npos) {
    read_form(std::string_view(seen.url).substr(query + 1));
  }
}

void FakeRequest::read_form(std::string_view text) {
  for (const std::string& pair : split(text, '&')) {
    const std::size_t equals = pair.find('=');
    fields[decode(pair.substr(0, equals))] = equals == std::string::npos ? "" : decode(pair.substr(equals + 1));
  }
}

void FakeRequest::read_multipart(std::string_view body, const std::string& boundary) {
  std::size_t at = body.find(boundary);
  while (at != std::string_view::npos) {
    const std::size_t start = at + boundary.size() + 2;
    const std::size_t next = body.find(boundary, start);
    const std::size_t head_end = body.find("\r\n\r\n", start);
    if (next == std::string_view::npos || head_end == std::string_view::npos) { return; }
    const std::string_view head = body.substr(start, head_end - start);
    const std::string value(body.substr(head_end + 4, next - head_end - 6));
    const bool is_file = head.find("filename=") != std::string_view::npos;
    (is_file ? files[quoted(head, "filename")] : fields[quoted(head, "; name")]) = value;
    at = next;
  }
}

std::string FakeRequest::get(const std::string& name, const std::string& otherwise) const {
  const auto found = fields.find(name);
  return found == fields.end() ? otherwise : found->second;
}

std::vector<std::string> FakeRequest::hashes() const { return split(get("hashes"), '|'); }

}  // namespace quarry::qbittorrent::testing
