// SPDX-License-Identifier: MIT
#include "asked_records.hpp"

#include <gtest/gtest.h>

namespace quarry::million {

void AskedRecords::expect(const std::string& what, Most most, const std::function<void()>& ask) const {
  (void)watched_.take();
  ask();
  const std::vector<Watched> all = watched_.take();
  EXPECT_FALSE(all.empty()) << what;
  EXPECT_LE(all.size(), most.statements) << what;
  for (const Watched& one : all) {
    SCOPED_TRACE(what + ": " + one.text + "\n" + one.plan.text());
    EXPECT_FALSE(one.plan.text().empty());
    EXPECT_LE(one.plan.buffers(), most.buffers);
    EXPECT_LE(one.plan.sorted_rows(), most.sorted);
    for (const std::string& read : one.plan.reads()) {
      const bool of_many_rows = read.starts_with("rec_") || read.starts_with("download_");
      EXPECT_FALSE(of_many_rows && read.ends_with(" whole")) << read;
    }
  }
}

void AskedRecords::expect_found(const std::string& what, Most most, const sdk::FindRecords& request) const {
  expect(what, most, [&] {
    const auto done = records_.client().find(request, [](const sdk::RecordView&) {});
    EXPECT_TRUE(done) << done.error().text;
  });
}

}  // namespace quarry::million
