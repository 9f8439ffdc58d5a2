// SPDX-License-Identifier: MIT
#include <quarry/sdk/testing/record_store_contract.hpp>

#include <sstream>

namespace quarry::sdk::testing {

// A test program may link this library for something else, and a unity build then brings the suite along.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RecordStoreContract);

int link_record_contract_of_values();
int link_record_contract_of_rules();
int link_record_contract_of_writes();
int link_record_contract_of_finding();
int link_record_contract_of_pages();
int link_record_contract_of_declaring();
int link_record_contract_of_schema();
int link_record_contract_of_input();
int link_record_contract_of_hosts();
int link_record_contract_of_sequences();
int link_record_store_contract() {
  return link_record_contract_of_values() + link_record_contract_of_rules() + link_record_contract_of_writes() +
         link_record_contract_of_finding() + link_record_contract_of_pages() + link_record_contract_of_declaring() +
         link_record_contract_of_schema() + link_record_contract_of_input() + link_record_contract_of_hosts() +
         link_record_contract_of_sequences();
}

std::vector<OwnedCollection> contract_schema() {
  using T = FieldType;
  OwnedCollection studio;
  studio.name = "studio";
  studio.fields = {{"name", T::text, kRequired | kUnique, {}, "", OnDelete::restrict_it, {}}};
  OwnedCollection movie;
  movie.name = "movie";
  movie.flags = kQueueRefersTo;
  movie.fields = {
      {"title", T::text, kRequired | kIndexed, {}, "", OnDelete::restrict_it, {}},
      {"year", T::integer, kIndexed, {}, "", OnDelete::restrict_it, {}},
      {"rating", T::real, 0, {}, "", OnDelete::restrict_it, {}},
      {"seen", T::boolean, kRequired, boolean(false), "", OnDelete::restrict_it, {}},
      {"status", T::text, kIndexed, text("wanted"), "", OnDelete::restrict_it, {"wanted", "have", "gone"}},
      {"key", T::text, kUnique, {}, "", OnDelete::restrict_it, {}},
      {"studio", T::integer, 0, {}, "studio", OnDelete::set_null, {}},
      {"parent", T::integer, 0, {}, "movie", OnDelete::restrict_it, {}},
      {"shelf", T::integer, kUnique, {}, "", OnDelete::restrict_it, {}},
  };
  movie.indexes = {{"title_year", {"title", "year"}, true}, {"status_year", {"status", "year"}, false}};
  OwnedCollection file;
  file.name = "file";
  file.fields = {
      {"movie", T::integer, kRequired | kIndexed, {}, "movie", OnDelete::cascade, {}},
      {"path", T::text, 0, {}, "", OnDelete::restrict_it, {}},
      {"size", T::integer, 0, integer(-1), "", OnDelete::restrict_it, {}},
  };
  OwnedCollection note;
  note.name = "note";
  note.fields = {
      {"file", T::integer, 0, {}, "file", OnDelete::restrict_it, {}},
      {"text", T::text, 0, text("-"), "", OnDelete::restrict_it, {}},
  };
  // One that refers comes before what it refers to: the order is free.
  return {note, movie, file, studio};
}

void RecordStoreContract::SetUp() {
  if (const std::string why = GetParam().missing(); !why.empty()) { GTEST_SKIP() << why; }
  under_test_ = GetParam().make();
  ASSERT_NE(under_test_, nullptr);
  caller_ = std::make_unique<RecordCaller>(store(), clock());
  call().declare(contract_schema());
}
bool RecordStoreContract::reopen() {
  caller_.reset();
  const bool persistent = under_test_->reopen();
  caller_ = std::make_unique<RecordCaller>(store(), clock());
  return persistent;
}
Failure RecordStoreContract::next_host(const std::vector<OwnedCollection>& collections) {
  EXPECT_TRUE(reopen());
  return call().try_declare(collections);
}

std::int64_t RecordStoreContract::studio(std::string_view name) {
  return call().made(insertion("studio", {{kStudioName, text(name)}}));
}
std::int64_t RecordStoreContract::movie(std::string_view title, Write::Values values) {
  values.emplace_back(kMovieTitle, text(title));
  return call().made(insertion("movie", std::move(values)));
}
std::int64_t RecordStoreContract::file_of(std::int64_t movie) {
  return call().made(insertion("file", {{kFileMovie, integer(movie)}}));
}
std::string RecordStoreContract::everything() {
  std::ostringstream all;
  for (const OwnedCollection& collection : contract_schema()) {
    for (const KeptRecord& record : call().find({collection.name, {}, {}, {}})) {
      all << collection.name << ' ' << record << '\n';
    }
  }
  return all.str();
}

}  // namespace quarry::sdk::testing
