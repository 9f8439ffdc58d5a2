// SPDX-License-Identifier: MIT
// The SDK's contract of a scorer, through the plugin's entry.
#include <quarry/sdk/helpers/json.hpp>
#include <quarry/sdk/testing/scorer_contract.hpp>

extern "C" const quarry::sdk::PluginEntry quarry_plugin_entry_v1;

namespace quarry::scorer {
namespace {

// [snippet: under_test]
class DefaultUnderTest final : public sdk::testing::ScorerUnderTest {
 public:
  explicit DefaultUnderTest(std::string_view config) {
    sdk::BasicContext ctx = host_.context();
    instance_ = quarry_plugin_entry_v1.create(ctx, host_, config);
  }
  ~DefaultUnderTest() override { instance_->destroy(); }
  sdk::Scorer& scorer() override { return *sdk::get<sdk::Scorer>(*instance_); }

 private:
  sdk::testing::FakeHost host_;
  sdk::Instance* instance_ = nullptr;
};

QUARRY_SCORER_CONTRACT(AsShipped, {"as_shipped", [] { return std::make_unique<DefaultUnderTest>("{}"); }});
// [/snippet]

/// Every rule speaks, as loudly as the schema lets it.
constexpr char kLoud[] = R"({"threshold":-1000,"resolution":{"2160p":1000,"1080p":999.9,"720p":-1000,"sd":0.1},
  "source":{"bluray":1000,"webdl":-1000,"webrip":0.05,"tv":1,"dvd":-1},
  "codec":{"hevc":1000,"av1":-1000,"avc":1,"avc_2160p":-1,"other":-1000},"size_gib":{"1080p_min":100000,"sd_max":0},
  "size":{"good":1000,"too_small":-1000,"too_large":-999},"remux":1000,"disk":-1000,"proper":1000,"hdr":1000,
  "dolby_vision":1000,"three_d":-1000,"hardcoded_subs":-1000,"regional":-1000,"preferred_group":1000,"seeders":-1000,
  "freeleech":1000,"fresh":1000,"fresh_days":36500,"year_missing":-1000,"year_tolerance":10,
  "preferred_groups":["GRP"],"ignored_groups":["FraMeSToR"],"required_words":["1080p"],"forbidden_words":["..."]})";

QUARRY_SCORER_CONTRACT(Loud, {"loud", [] { return std::make_unique<DefaultUnderTest>(kLoud); }});

TEST(ScorerContractConfig, TheSchemaTakesTheLoudOne) {
  const sdk::Done valid = sdk::validate_json(quarry_plugin_entry_v1.config_schema, kLoud);
  EXPECT_TRUE(valid.ok()) << valid.error().text;
}

}  // namespace
}  // namespace quarry::scorer
