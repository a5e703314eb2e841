#!/usr/bin/env bash
# Makes `prometheus` and `promtool` available to the tests of deploy/, in build/prometheus/usr/bin.
#
# Debian's package is unpacked, not installed: installing it would start a service and need root.
# Where there is no apt-get, the tests that need Prometheus are skipped by name; under CI that is an error.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
unpacked=build/prometheus

give_up() {
    echo "prometheus: $1; its tests will be skipped. Install prometheus and promtool to run them." >&2
    [ -z "${CI:-}" ] || exit 1
    exit 0
}

if command -v promtool >/dev/null && command -v prometheus >/dev/null; then exit 0; fi
if [ -x "$unpacked/usr/bin/promtool" ] && [ -x "$unpacked/usr/bin/prometheus" ]; then exit 0; fi
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || give_up "not found, and there is no apt-get"

echo "Fetching Prometheus into $unpacked ..." >&2
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
chmod 755 "$fetched"

fetch() { (cd "$fetched" && apt-get download -qq -o APT::Sandbox::User=root prometheus); }

if ! fetch 2>/dev/null; then
    [ "$(id -u)" -eq 0 ] || give_up "apt-get knows no package, and updating its lists needs root"
    apt-get update -qq || give_up "apt-get update failed"
    fetch || give_up "apt-get download failed"
fi

# Unpacked beside the goal and moved, so that an interrupted run leaves nothing half done.
mkdir -p build
rm -rf "$unpacked.part" "$unpacked"
dpkg-deb -x "$fetched"/prometheus_*.deb "$unpacked.part"
mv "$unpacked.part" "$unpacked"
