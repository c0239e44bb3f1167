#!/bin/sh
#
# make cleanworld: forget the prepared world and the downloaded packages.

set -eu
# shellcheck source=world.subr source-path=SCRIPTDIR
. "$(dirname -- "$0")/world.subr"

need_root
[ -d "$WORLDCACHE" ] || exit 0
world_lock
rm -rf -- "$WORLDCACHE"/world.* "$WORLDCACHE"/.build.* "$WORLDCACHE/stage"
say "$WORLDCACHE is empty"
