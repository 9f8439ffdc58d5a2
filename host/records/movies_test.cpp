// SPDX-License-Identifier: MIT
#include "records/movies.hpp"

#include "records/records_test_world.hpp"

namespace quarry::records {
namespace {

using testing::RecordsTest;
using testing::Trouble;

class MoviesTest : public RecordsTest {};

TEST_F(MoviesTest, AFilmIsMadeOnceAndFoundAgainByWhateverNamesIt) {
  const Movie film = make(wish("The Matrix", 1999, 603, "tt0133093"));
  EXPECT_EQ(film.title, "The Matrix");
  EXPECT_EQ(film.clean_title, "matrix");
  EXPECT_EQ(film.year, 1999);
  EXPECT_EQ(film.added_at_ms, clock.wall_ms());
  EXPECT_EQ(make(wish("", 0, 603)).id, film.id);
  EXPECT_EQ(make(wish("", 0, 0, "tt0133093")).id, film.id);
  EXPECT_EQ(make(wish("the matrix", 1999)).id, film.id);
  EXPECT_EQ(make(wish("Another Title of It", 2000, 603)).id, film.id);
  EXPECT_EQ(films().size(), 1U);
  EXPECT_EQ(films().front().version, 1) << "nothing was written that was known";
}

TEST_F(MoviesTest, WhatAFilmLacksIsAddedAndNothingElseIsChanged) {
  const Movie film = make(wish("Nosferatu", 1922));
  MovieWish more = wish("NOSFERATU!", 1922, 653, "tt0013442");
  more.runtime_minutes = 94;
  const Movie filled = make(more);
  EXPECT_EQ(filled.id, film.id);
  EXPECT_EQ(filled.tmdb_id, 653);
  EXPECT_EQ(filled.imdb_id, "tt0013442");
  EXPECT_EQ(filled.runtime_minutes, 94);
  EXPECT_EQ(filled.title, "Nosferatu");
}

TEST_F(MoviesTest, AnIdAloneIsEnoughAndTheTitleComesWhenSomebodyTellsIt) {
  const Movie film = make(wish("", 0, 653));
  EXPECT_EQ(film.title, "TMDb 653");
  EXPECT_EQ(make(wish("", 0, 0, "tt0013442")).title, "IMDb tt0013442");
  const Movie told = make(wish("Nosferatu", 1922, 653));
  EXPECT_EQ(told.id, film.id);
  EXPECT_EQ(told.title, "Nosferatu");
  EXPECT_EQ(make(wish("Nosferatu", 1922)).id, film.id);
}

TEST_F(MoviesTest, TwoFilmsOfOneTitleAndYearAreToldApartByTheirIds) {
  const Movie one = make(wish("The Box", 2009, 1, "tt0000001"));
  const Movie two = make(wish("The Box", 2009, 2, "tt0000002"));
  EXPECT_NE(one.id, two.id);
  EXPECT_EQ(make(wish("The Box", 2009)).id, one.id);
  EXPECT_EQ(make(wish("The Box", 2009, 0, "tt0000002")).id, two.id);
}

TEST_F(MoviesTest, WhatNamesNoFilmIsRefused) {
  for (const MovieWish& bad : {wish("", 0), wish("The Matrix", 0), wish("", 1999)}) {
    const auto film = host.records.movies().find_or_make(bad);
    ASSERT_FALSE(film);
    EXPECT_EQ(film.error().status.code, sdk::Code::invalid);
  }
  static_cast<void>(make(wish("The Matrix", 1999, 603, "tt0133093")));
  const auto both = host.records.movies().find_or_make(wish("", 0, 604, "tt0133093"));
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().status.code, sdk::Code::invalid);
  EXPECT_NE(both.error().text.find("different films"), std::string::npos);
  EXPECT_EQ(films().size(), 1U);
}

TEST_F(MoviesTest, TwoHostsAtOnceMakeOneFilm) {
  for (const MovieWish& one : {wish("The Matrix", 1999), wish("", 0, 653), wish("Alien", 1979, 348, "tt0078748")}) {
    std::int64_t theirs = 0;
    host.store.before_write = [&] { theirs = other.records.movies().find_or_make(one)->id; };
    EXPECT_EQ(make(one).id, theirs);
    EXPECT_NE(theirs, 0);
  }
  EXPECT_EQ(films().size(), 3U);
}

TEST_F(MoviesTest, AnotherHostThatChangesTheFilmLosesNothing) {
  const Movie film = make(wish("Alien", 1979));
  host.store.before_write = [&] { static_cast<void>(other.records.movies().find_or_make(wish("Alien", 1979, 348))); };
  static_cast<void>(make(wish("Alien", 1979, 0, "tt0078748")));
  const auto now = host.records.movies().get(film.id);
  ASSERT_TRUE(now);
  EXPECT_EQ(now->tmdb_id, 348);
  EXPECT_EQ(now->imdb_id, "tt0078748");
}

TEST_F(MoviesTest, AnAnswerThatWasLostMakesNoSecondFilm) {
  host.store.next_writes = {Trouble::lost_after};
  static_cast<void>(make(wish("Alien", 1979)));
  host.store.next_writes = {Trouble::lost_before};
  static_cast<void>(make(wish("Aliens", 1986)));
  EXPECT_EQ(films().size(), 2U);
}

TEST_F(MoviesTest, AStorageThatIsDownIsToldAsItIs) {
  host.store.next_writes = {Trouble::down};
  const auto film = host.records.movies().find_or_make(wish("Alien", 1979));
  ASSERT_FALSE(film);
  EXPECT_EQ(film.error().status.code, sdk::Code::unavailable);
  EXPECT_EQ(film.error().text, "it is down");
}

TEST_F(MoviesTest, ExistingTellsWhichThereAre) {
  const std::int64_t one = make(wish("Alien", 1979)).id;
  const std::int64_t two = make(wish("Aliens", 1986)).id;
  const std::vector<std::int64_t> asked = {0, one, two, 99};
  EXPECT_EQ(*host.records.movies().existing(asked), (std::vector{one, two}));
  EXPECT_TRUE(host.records.movies().existing({})->empty());
}

TEST(ImdbId, IsReadWithAndWithoutItsLetters) {
  EXPECT_EQ(normal_imdb_id("tt0133093"), "tt0133093");
  EXPECT_EQ(normal_imdb_id("133093"), "tt0133093");
  EXPECT_EQ(normal_imdb_id("tt10872600"), "tt10872600");
  for (const char* bad : {"", "tt", "nm0133093", "tt01330x3", "tt0133093/", "tt1234567890123"}) {
    EXPECT_EQ(normal_imdb_id(bad), "") << bad;
  }
}

}  // namespace
}  // namespace quarry::records
