#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install.sh PACKAGE…: apt-get install as root, without recommended packages and without starting what they bring.
set -euo pipefail
policy=/usr/sbin/policy-rc.d
cluster_rule=/etc/postgresql-common/createcluster.d/quarry-install.conf
ours=''
units_before=$(mktemp)
units_after=$(mktemp)
enabled_units() { find -L /etc/systemd/system/*.wants -name '*.service' -printf '%f\n' 2>/dev/null | sort -u || :; }

finish() {
  [ -z "$ours" ] || rm -f "$policy"
  rm -f "$cluster_rule"
  rmdir "$(dirname "$cluster_rule")" 2>/dev/null || : # there was none before, or it is not empty
  rm -f "$units_before" "$units_after"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Debian asks this file before it starts a service while installing; 101 means "no". One that is
# there already is the administrator's and stays.
# One of ours that was left behind, because nothing can be tidied up after a SIGKILL, is ours again.
mark='# Made by install.sh of Quarry for the time of one installation'
if [ ! -e "$policy" ] || grep -qxF "$mark" "$policy"; then
  ours=yes
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod 755 "$policy"
fi

# PostgreSQL's package makes a cluster at its first installation, to be started at every boot. Without one its service starts
# nothing, now or later, and may stay enabled for the clusters that the administrator makes. Those that are there are not touched.
case " $*" in
  *' postgresql-'*)
    mkdir -p "$(dirname "$cluster_rule")"
    printf '%s\ncreate_main_cluster = false\n' "$mark" >"$cluster_rule"
    ;;
esac

apt=(apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
enabled_units >"$units_before"
# A third-party source that cannot be reached must not stop us: what matters is whether the install works.
"${apt[@]}" update >/dev/null || echo "-- apt-get update reported errors; trying with the lists that are there" >&2
"${apt[@]}" install --no-install-recommends "$@" >/dev/null
enabled_units >"$units_after"

# Nor may it start at the next boot.
comm -13 "$units_before" "$units_after" | while read -r unit; do
  case $unit in
    opentracker.service | nginx.service | pgbouncer.service)
      systemctl --no-reload disable "$unit" >/dev/null 2>&1 || rm -f /etc/systemd/system/*.wants/"$unit"
      ;;
  esac
done
