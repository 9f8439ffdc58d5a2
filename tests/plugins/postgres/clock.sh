#!/bin/sh
# SPDX-License-Identifier: MIT
# --clock of `quarry plugin check`: from now on the database's time is QUARRY_CLOCK_MS.
set -eu
server=$(head -n 1 "$QUARRY_TEST_POSTGRES")
psql "${server%/*}/$QUARRY_CHECK_DATABASE" --no-psqlrc --quiet --set ON_ERROR_STOP=1 -c "
  CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT bigint ''$QUARRY_CLOCK_MS''';
  CREATE OR REPLACE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT bigint ''$QUARRY_CLOCK_MS'''" >&2
