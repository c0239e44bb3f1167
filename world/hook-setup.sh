#!/bin/sh
#
# usage: hook-setup.sh ROOT
#
# mmdebstrap runs this first: packages of an earlier build need no second download.

set -eu

mkdir -p -- "$1/var/cache/apt/archives"
find "$WORLDCACHE/stage" -name '*.deb' -exec cp -t "$1/var/cache/apt/archives" {} + 2>/dev/null || :
