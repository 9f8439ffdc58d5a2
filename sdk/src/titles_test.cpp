// SPDX-License-Identifier: MIT
#include <quarry/sdk/helpers/titles.hpp>

#include <gtest/gtest.h>

namespace quarry::sdk {
namespace {

TEST(FoldTitle, DropsWhatPeopleWriteDifferently) {
  EXPECT_EQ(fold_title("The Matrix"), "matrix");
  EXPECT_EQ(fold_title("the.matrix"), "matrix");
  EXPECT_EQ(fold_title("A Bug's Life"), "bugslife");
  EXPECT_EQ(fold_title("Ocean\xE2\x80\x99s Eleven"), "oceanseleven");
  EXPECT_EQ(fold_title("Mr. & Mrs. Smith"), "mrandmrssmith");
  EXPECT_EQ(fold_title("\xC3\x86on Fl\xC3\xBCx"), "aeonflux");
  EXPECT_EQ(fold_title("Stra\xC3\x9F"
                       "e"),
            "strasse");
  EXPECT_EQ(fold_title("\xC5\x81\xC3\xB3"
                       "d\xC5\xBA"),
            "lodz");
  EXPECT_EQ(fold_title("Theory"), "theory");  // no article
  EXPECT_EQ(fold_title("A"), "a");
}

TEST(FoldTitle, KeepsOtherScripts) {
  EXPECT_EQ(fold_title("\xD0\x91\xD1\x80\xD0\xB0\xD1\x82"), "\xD0\xB1\xD1\x80\xD0\xB0\xD1\x82");  // Брат, брат
  EXPECT_EQ(fold_title("\xE5\x90\x9B\xE3\x80\x80\xE5\x90\x9B"), "\xE5\x90\x9B\xE5\x90\x9B");      // wide blank
}

TEST(FoldTitle, NeverAnswersEmptyForText) {
  EXPECT_EQ(fold_title("..."), "...");
  EXPECT_EQ(fold_title("The"), "the");
  EXPECT_EQ(fold_title(""), "");
  EXPECT_EQ(fold_title("\xFF\xC3"), "\xFF\xC3");
  EXPECT_EQ(fold_title("ab\xFF"
                       "c\xE2\x82"),
            "abc");
}

TEST(SameTitle, KnowsOtherNamesOfAFilm) {
  EXPECT_TRUE(same_title("Skjegg AKA Rox Beard", "Rox Beard"));
  EXPECT_TRUE(same_title("Skjegg", "Skjegg AKA Rox Beard"));
  EXPECT_TRUE(same_title("TRON: Legacy", "\xD0\xA2\xD1\x80\xD0\xBE\xD0\xBD / TRON Legacy"));
  EXPECT_TRUE(same_title("La Defense Lincoln (The Lincoln Lawyer)", "The Lincoln Lawyer"));
  EXPECT_TRUE(same_title("Pacific Rim 3D", "Pacific Rim"));
  EXPECT_TRUE(same_title("Saw 3D", "Saw 3D"));
  EXPECT_FALSE(same_title("Alien", "Aliens"));
  EXPECT_FALSE(same_title("", ""));
  EXPECT_FALSE(same_title("", "Alien"));
}

}  // namespace
}  // namespace quarry::sdk
