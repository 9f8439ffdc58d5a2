// SPDX-License-Identifier: MIT
#include "records/tags.hpp"

#include "records/collections.hpp"
#include "records/values.hpp"

namespace quarry::records {
namespace {

Tag tag_of(const sdk::RecordView& record) { return {record.id, text_at(record, tags::kLabel)}; }

sdk::Failure no_such(std::int64_t id) {
  return sdk::failure(sdk::Code::not_found, "there is no tag with id " + std::to_string(id));
}

}  // namespace

sdk::Result<std::vector<Tag>> Tags::all() const {
  sdk::FindRecords request;
  request.collection = tags::kName;
  std::vector<Tag> out;
  const auto done = client_.find_all(request, [&](const sdk::RecordView& record) { out.push_back(tag_of(record)); });
  if (!done) { return done.error(); }
  return out;
}

sdk::Result<Tag> Tags::get(std::int64_t id) const {
  Tag out;
  const auto done = client_.get(tags::kName, id, [&](const sdk::RecordView& record) { out = tag_of(record); });
  if (done) { return out; }
  return done.error().status.code == sdk::Code::not_found ? no_such(id) : done.error();
}

sdk::Result<Tag> Tags::find_or_make(std::string_view label) const {
  std::string small(label);
  for (char& c : small) { c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
  const sdk::Assignment value = assign(tags::kLabel, text(small));
  sdk::RecordWrite write;
  write.kind = sdk::WriteKind::upsert;
  write.collection = tags::kName;
  write.key = tags::kLabel;
  write.values = {&value, 1};
  const auto written = client_.write_surely(write);
  if (!written) { return written.error(); }
  if (written->result != sdk::WriteResult::applied) { return refused("a tag", *written); }
  return Tag{written->id, std::move(small)};
}

sdk::Done Tags::remove(std::int64_t id) const {
  sdk::RecordWrite write;
  write.kind = sdk::WriteKind::remove;
  write.collection = tags::kName;
  write.id = id;
  const auto written = client_.write_surely(write);
  if (!written) { return written.error(); }
  if (written->result == sdk::WriteResult::applied) { return sdk::Unit{}; }
  return written->result == sdk::WriteResult::not_found ? no_such(id) : refused("removing a tag", *written);
}

}  // namespace quarry::records
