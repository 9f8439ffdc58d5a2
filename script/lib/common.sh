# SPDX-License-Identifier: MIT
# What the scripts share; source it from the repository's script/ folder. Needs bash and nothing else.
set -euo pipefail
# A plugin that others can write to is not loaded, whatever the user's own umask allows.
umask 022
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"

say() { printf '%s\n' "-- $*"; }
die() { printf '%s\n' "$(basename "$0"): $*" >&2; exit 1; }

# As many compilers at once as there are cores, but none without 1.5 GiB of memory to itself.
jobs_count() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { n = int($2 / 1572864); print n < 1 ? 1 : n }' /proc/meminfo 2>/dev/null) || memory=$cores
  echo "$((cores < memory ? cores : memory))"
}

# packages_of GROUP…: the packages of these groups, one a line.
packages_of() {
  local group
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' "$ROOT/script/lib/packages.txt"
  done
}

# Those of the packages named that are not installed.
missing_of() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# need_packages GROUP…: installs what is missing. Nothing is asked, and no service that a package
# brings is left running or set to start: the project starts its own, on loopback.
need_packages() {
  local missing sudo=''
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "not a Debian system: what is needed must be there already (script/lib/packages.txt names it)"
    return
  fi
  mapfile -t missing < <(missing_of $(packages_of "$@"))
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      die "missing packages, and neither root nor sudo to install them. As root run: apt-get install ${missing[*]}"
    sudo=sudo
  fi
  say "installing ${#missing[@]} packages: ${missing[*]}"
  $sudo env DEBIAN_FRONTEND=noninteractive bash "$ROOT/script/lib/install.sh" "${missing[@]}"
}

# configure PRESET [CMAKE ARGUMENT…]
configure() {
  local preset=$1 log
  shift
  mkdir -p "$ROOT/build"
  log=$ROOT/build/configure-$preset.log
  say "configuring $preset"
  cmake --preset "$preset" "$@" >"$log" 2>&1 || { cat "$log" >&2; die "configuring $preset failed (see above)"; }
}

# build PRESET [TARGET…]: configures and builds.
build() {
  local preset=$1
  shift
  configure "$preset"
  say "building $preset with $(jobs_count) jobs"
  cmake --build "build/$preset" --parallel "$(jobs_count)" ${1:+--target "$@"}
}
