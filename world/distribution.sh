#!/bin/sh
#
# make distribution: a base's configuration files.  What the administrator edited
# stays; what still is as it was installed is brought up to date.

set -eu
# shellcheck source=world.subr source-path=SCRIPTDIR
. "$(dirname -- "$0")/world.subr"
umask 022

need_root
check_destdir
is_base "$dest" || die "$dest is no base; run: make installworld DESTDIR=$dest"
world_lock
sh "$world_dir/confine.sh" "$dest" sh "$world_dir/distribute.sh" "$world_dir/etc"
say "done: $dest is ready, for example: jail -c path=$dest command=/bin/sh"
