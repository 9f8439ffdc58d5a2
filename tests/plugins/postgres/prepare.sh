#!/bin/sh
# SPDX-License-Identifier: MIT
# --prepare of `quarry plugin check`: an empty database, and the configuration for it.
set -eu
server=$(head -n 1 "$QUARRY_TEST_POSTGRES")
psql "$server" --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set client_min_messages=error \
  -c "DROP DATABASE IF EXISTS $QUARRY_CHECK_DATABASE WITH (FORCE)" -c "CREATE DATABASE $QUARRY_CHECK_DATABASE" >&2
printf '{"url": "%s/%s"}\n' "${server%/*}" "$QUARRY_CHECK_DATABASE"
