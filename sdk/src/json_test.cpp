// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/json.hpp>

#include <gtest/gtest.h>

namespace quarry::sdk {
namespace {

TEST(Json, ReadsValuesAndFallsBack) {
  const auto doc = JsonDocument::parse(R"({"a":1,"b":"x","c":[true,null,2.5],"big":9223372036854775807})");
  ASSERT_TRUE(doc.ok());
  EXPECT_EQ((*doc)["a"].as_int(), 1);
  EXPECT_EQ((*doc)["b"].as_string(), "x");
  EXPECT_EQ((*doc)["big"].as_int(), 9223372036854775807LL);
  EXPECT_TRUE((*doc)["c"].at(0).as_bool());
  EXPECT_TRUE((*doc)["c"].at(1).is_null());
  EXPECT_DOUBLE_EQ((*doc)["c"].at(2).as_double(), 2.5);
  EXPECT_FALSE((*doc)["c"].at(3).present());
  EXPECT_EQ((*doc)["b"].as_int(7), 7);
  EXPECT_FALSE((*doc)["zz"]["deeper"].present());
}

TEST(Json, RefusesWhatIsTooDeepWithoutRecursing) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(JsonDocument::parse(nested(64)).ok());
  const auto deep = JsonDocument::parse(nested(65));
  ASSERT_FALSE(deep.ok());
  EXPECT_NE(deep.error().text.find("deeper than 64"), std::string::npos);
  EXPECT_FALSE(JsonDocument::parse(std::string(400'000, '[')).ok());
}

TEST(Json, RefusesInvalidUtf8AndTrailingText) {
  EXPECT_FALSE(JsonDocument::parse("\"\xC3\x28\"").ok());
  EXPECT_FALSE(JsonDocument::parse("{} x").ok());
  EXPECT_FALSE(JsonDocument::parse("").ok());
}

TEST(Json, RefusesWhatTheLibraryLetsPass) {
  EXPECT_FALSE(JsonDocument::parse(std::string_view("{}\0x", 4)).ok()) << "text after a NUL";
  EXPECT_FALSE(JsonDocument::parse(R"(["\udc00"])").ok()) << "half a character";
  EXPECT_FALSE(JsonDocument::parse("[2e308]").ok()) << "no finite number";
  EXPECT_NEAR(JsonDocument::parse("[1.84467440737095516156]")->root().at(0).as_double(), 1.8446744, 1e-6);
}

TEST(JsonWriter, EveryByteAtEveryPlaceComesBack) {
  for (int c = 0; c < 0x80; ++c) {
    for (std::size_t at = 0; at < 17; ++at) {
      std::string text(17, 'a');
      text[at] = static_cast<char>(c);
      JsonWriter w;
      const std::string json = w.begin_object().member(text, text).end_object().take();
      const auto back = JsonDocument::parse(json);
      ASSERT_TRUE(back.ok()) << json;
      EXPECT_EQ(back->root().key_at(0), text);
      EXPECT_EQ(back->root()[text].as_string(), text);
    }
  }
}

TEST(JsonWriter, RepairsTextThatIsNotUtf8) {
  JsonWriter w;
  w.begin_object()
      .member("t", std::string_view("a\xFF"
                                    "b"))
      .member("n", 3)
      .member("nan", 0.0 / 0.0)
      .end_object();
  EXPECT_EQ(w.take(),
            "{\"t\":\"a\xEF\xBF\xBD"
            "b\",\"n\":3,\"nan\":null}");
}

TEST(ValidateJson, NamesThePlaceAndTheRuleButNotTheValue) {
  constexpr std::string_view kSchema =
      R"({"type":"object","properties":{"port":{"type":"integer","minimum":1}},"required":["port"],"additionalProperties":false})";
  EXPECT_TRUE(validate_json(kSchema, R"({"port":3})").ok());
  const auto wrong = validate_json(kSchema, R"({"port":"sesame"})");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().text.find("/port"), std::string::npos);
  EXPECT_NE(wrong.error().text.find("integer"), std::string::npos);
  EXPECT_EQ(wrong.error().text.find("sesame"), std::string::npos);
  EXPECT_FALSE(validate_json(kSchema, R"({})").ok());
  EXPECT_FALSE(validate_json("not json", R"({})").ok());
}

}  // namespace
}  // namespace quarry::sdk
