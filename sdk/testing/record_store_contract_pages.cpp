// SPDX-License-Identifier: MIT
// The contract of find(): order, ties, and pages.
#include <quarry/sdk/testing/record_store_contract.hpp>

#include <algorithm>

namespace quarry::sdk::testing {

int link_record_contract_of_pages() { return 0; }

namespace {

/// What the next page comes after.
std::vector<OwnedValue> place_after(const KeptRecord& record, const std::vector<SortField>& order) {
  std::vector<OwnedValue> after;
  for (const SortField& field : order) {
    switch (field.field) {
      case kFieldId:
        after.push_back(integer(record.id));
        break;
      case kFieldVersion:
        after.push_back(integer(record.version));
        break;
      case kFieldCreatedAt:
        after.push_back(integer(record.created_at_ms));
        break;
      case kFieldUpdatedAt:
        after.push_back(integer(record.updated_at_ms));
        break;
      default:
        after.push_back(record.values.at(static_cast<std::size_t>(field.field)));
    }
  }
  after.push_back(integer(record.id));
  return after;
}
/// All records, read in pages.
std::vector<std::int64_t> paged(RecordCaller& call, Query query, std::int32_t limit) {
  query.limit = limit;
  std::vector<std::int64_t> ids;
  while (ids.size() < 5000) {  // a store that goes in circles must come to an end
    const std::vector<KeptRecord> page = call.find(query);
    for (const KeptRecord& record : page) { ids.push_back(record.id); }
    if (page.size() < static_cast<std::size_t>(limit)) { break; }
    query.after = place_after(page.back(), query.order);
  }
  return ids;
}

}  // namespace

TEST_P(RecordStoreContract, RecordsComeInTheOrderAskedFor) {
  using Ids = std::vector<std::int64_t>;
  const std::int64_t a = movie("b", {{kMovieYear, integer(2)}, {kMovieRating, real(-0.5)}, {kMovieKey, text("")}});
  const std::int64_t b = movie("B", {{kMovieYear, integer(-1)}, {kMovieSeen, boolean(true)}});
  const std::int64_t c = movie("\xC3\xA4", {{kMovieRating, real(1e10)}, {kMovieKey, text("a")}});
  const std::int64_t d = movie("a b", {{kMovieYear, integer(2)}, {kMovieStatus, null_value()}});
  const auto found = [&](std::vector<SortField> order) { return call().find_ids({"movie", {}, std::move(order), {}}); };
  EXPECT_EQ(found({}), (Ids{a, b, c, d}));
  EXPECT_EQ(found({{kFieldId, 1}}), (Ids{d, c, b, a}));
  EXPECT_EQ(found({{kMovieTitle, 0}}), (Ids{b, d, a, c})) << "text by its bytes";
  EXPECT_EQ(found({{kMovieTitle, 1}}), (Ids{c, a, d, b}));
  EXPECT_EQ(found({{kMovieYear, 0}}), (Ids{c, b, a, d})) << "null first, ties by id";
  EXPECT_EQ(found({{kMovieYear, 1}}), (Ids{d, a, b, c})) << "ties in the direction of the last";
  EXPECT_EQ(found({{kMovieRating, 0}}), (Ids{b, d, a, c}));
  EXPECT_EQ(found({{kMovieKey, 0}}), (Ids{b, d, a, c})) << "null before empty text";
  EXPECT_EQ(found({{kMovieKey, 1}}), (Ids{c, a, d, b}));
  EXPECT_EQ(found({{kMovieSeen, 0}}), (Ids{a, c, d, b})) << "false before true";
  EXPECT_EQ(found({{kMovieSeen, 1}, {kMovieYear, 0}}), (Ids{b, c, a, d}));
  EXPECT_EQ(found({{kMovieYear, 1}, {kMovieTitle, 0}}), (Ids{d, a, b, c}));
  EXPECT_EQ(found({{kMovieStatus, 0}, {kMovieSeen, 1}, {kMovieYear, 0}, {kFieldId, 1}}), (Ids{d, b, c, a}));
  clock().advance(10);
  ASSERT_EQ(call().write(update("movie", b, {})).result, WriteResult::applied);
  EXPECT_EQ(found({{kFieldUpdatedAt, 1}}), (Ids{b, d, c, a}));
  EXPECT_EQ(found({{kFieldVersion, 0}}), (Ids{a, c, d, b}));
  EXPECT_EQ(found({{kFieldCreatedAt, 0}, {kFieldVersion, 1}}), (Ids{b, d, c, a}));
}

TEST_P(RecordStoreContract, PagesHoldEveryRecordOnce) {
  const std::vector<const char*> titles = {"a", "b", "\xC3\xA4", "A"};
  for (int i = 0; i < 24; ++i) {
    Write::Values values;
    if (i % 3 != 0) { values.emplace_back(kMovieYear, integer(i * 100 + i % 5)); }
    if (i % 4 != 0) { values.emplace_back(kMovieRating, real(i % 5 - 2.5)); }
    if (i % 5 != 0) { values.emplace_back(kMovieKey, text("k" + std::to_string(i * 7 % 24))); }
    if (i % 7 == 0) { values.emplace_back(kMovieStatus, null_value()); }
    values.emplace_back(kMovieSeen, boolean(i % 2 == 0));
    static_cast<void>(movie(titles[static_cast<std::size_t>(i) % titles.size()], std::move(values)));
    clock().advance(i % 2);
  }
  const std::vector<std::vector<SortField>> orders = {
      {},
      {{kFieldId, 1}},
      {{kMovieTitle, 0}},
      {{kMovieTitle, 1}},
      {{kMovieYear, 0}},
      {{kMovieYear, 1}},
      {{kMovieRating, 0}},
      {{kMovieRating, 1}},
      {{kMovieKey, 0}},
      {{kMovieKey, 1}},
      {{kMovieSeen, 0}},
      {{kMovieSeen, 1}},
      {{kFieldCreatedAt, 1}},
      {{kFieldVersion, 0}, {kFieldUpdatedAt, 1}},
      {{kMovieSeen, 1}, {kMovieRating, 0}},
      {{kMovieRating, 0}, {kMovieTitle, 1}, {kMovieStatus, 0}, {kMovieYear, 1}},
      {{kMovieStatus, 1}, {kFieldId, 0}, {kMovieYear, 0}},
  };
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const Query query{"movie", {}, orders[i], {}};
    const std::vector<std::int64_t> whole = call().find_ids(query);
    ASSERT_EQ(whole.size(), 24U);
    for (const std::int32_t limit : {1, 2, 5, 24}) {
      EXPECT_EQ(paged(call(), query, limit), whole) << "order " << i << ", pages of " << limit;
    }
    const Query some{"movie", {{kMovieSeen, Match::equal, {boolean(true)}}}, orders[i], {}};
    EXPECT_EQ(paged(call(), some, 5), call().find_ids(some)) << "order " << i << " with a condition";
  }
}

TEST_P(RecordStoreContract, PagesGoOnWhenRecordsComeAndGo) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 10; ++i) { ids.push_back(movie("m" + std::to_string(i), {{kMovieYear, integer(i / 2)}})); }
  Query query{"movie", {}, {{kMovieYear, 0}}, {}, 4};
  const std::vector<KeptRecord> first = call().find(query);
  ASSERT_EQ(first.size(), 4U);
  query.after = place_after(first.back(), query.order);
  // The record behind which the page begins goes, one comes before it and one after it.
  ASSERT_EQ(call().write(removal("movie", first.back().id)).result, WriteResult::applied);
  static_cast<void>(movie("before", {{kMovieYear, integer(0)}}));
  const std::int64_t later = movie("later", {{kMovieYear, integer(2)}});
  query.limit = 100;
  EXPECT_EQ(call().find_ids(query), (std::vector<std::int64_t>{ids[4], ids[5], later, ids[6], ids[7], ids[8], ids[9]}));
}

TEST_P(RecordStoreContract, APageIsAsLongAsItsLimit) {
  std::vector<Write> writes;
  for (int batch = 0; batch < 3; ++batch) {
    writes.clear();
    for (int i = 0; i < 400; ++i) {
      writes.push_back(insertion("studio", {{kStudioName, text(std::to_string(batch * 400 + i))}}));
    }
    static_cast<void>(call().write(writes));
  }
  EXPECT_EQ(call().find({"studio", {}, {}, {}, 1}).size(), 1U);
  EXPECT_EQ(call().find({"studio", {}, {}, {}, 1000}).size(), 1000U);
  EXPECT_EQ(paged(call(), {"studio", {}, {{kStudioName, 1}}, {}}, 1000).size(), 1200U);
}

}  // namespace quarry::sdk::testing
