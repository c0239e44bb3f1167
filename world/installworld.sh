#!/bin/sh
#
# make installworld: the prepared world into DESTDIR.  Where a base stands already,
# its packages are brought up to date, configuration files and data stay.

set -eu
# shellcheck source=world.subr source-path=SCRIPTDIR
. "$(dirname -- "$0")/world.subr"
umask 022

need_root
check_destdir
world_lock
[ -f "$WORLDCACHE/world.tar" ] || die "no world in $WORLDCACHE; run: make buildworld"
read -r codename arch build <"$WORLDCACHE/world.build"
make_destdir

confined()
{
	sh "$world_dir/confine.sh" "$dest" "$@"
}

# The state of the tree, kept in it: "installing" or "installed", and of what.  The
# file may have been written by a jail, so it is compared and never believed more.
stamp=var/lib/gaol/world
state=
if [ -f "$dest/$stamp" ] && [ ! -L "$dest/$stamp" ]; then
	state=$(head -c 300 -- "$dest/$stamp" | head -n 1)
fi

write_stamp()
{
	# shellcheck disable=SC2016 # for the confined shell
	confined sh -c 'mkdir -p var/lib/gaol && rm -f "$1.new" &&
	    printf "%s\n" "$2" >"$1.new" && mv -T -- "$1.new" "$1"' sh "$stamp" "$1"
}

install_new()
{
	say "installing $codename ($arch) in $dest"
	if ! confined mkdir -p var/lib/gaol || ! write_stamp "installing $build"; then
		die "DESTDIR=$DESTDIR is not writable"
	fi
	# A node that no jail gets, and a multiplexer of terminals that would be the host's.
	set -- -C "$dest" -xpf "$WORLDCACHE/world.tar" --numeric-owner \
	    --xattrs --xattrs-include='*' --exclude=./dev/console --exclude=./dev/ptmx
	if [ -t 1 ]; then
		set -- "$@" --checkpoint=500 --checkpoint-action='ttyout=%{%MiB}T%*\r'
	fi
	confined tar "$@" || die "tar failed; run make installworld again when there is room"
	[ -L "$dest/dev/ptmx" ] || confined ln -s pts/ptmx dev/ptmx
	write_stamp "installed $build"
	say "done; next: make distribution DESTDIR=$dest"
}

# Here programs of the base run, which jails may have changed: in a jail, of course.
upgrade()
{
	theirs=$(sed -n 's/^VERSION_CODENAME=//p' "$dest/etc/os-release" 2>/dev/null | head -n 1)
	[ "$theirs" = "$codename" ] ||
	    die "$dest holds ${theirs:-something unknown}, the world is $codename:" \
	    "upgrade it from inside (apt full-upgrade), or install into a new directory"
	jail=${JAIL:-@SBINDIR@/jail}
	[ -x "$jail" ] || die "$jail is missing: a base that stands is brought up to date in a jail"
	say "bringing $dest up to date"
	stage=$(printf '%s' "$WORLDCACHE/stage" | sed 's/\\/\\134/g; s/ /\\040/g; s/	/\\011/g')
	mnt=$(printf '%s' "$dest/mnt" | sed 's/\\/\\134/g; s/ /\\040/g; s/	/\\011/g')
	# shellcheck disable=SC2086 # JAIL_FLAGS is words
	"$jail" -q -c name="installworld_$$" path="$dest" host.hostname=installworld \
	    mount.devfs mount="$stage $mnt nullfs ro 0 0" exec.clean ${JAIL_FLAGS:-} \
	    command=/bin/sh -c "$(cat -- "$world_dir/upgrade-inside.sh")" ||
	    die "the upgrade failed; what it said is above." \
	    "Run it again when that is put right; nothing is lost"
	write_stamp "installed $build"
	say "done"
}

case $state in
"installed $build")
	if is_base "$dest"; then
		say "$dest is up to date: nothing to do"
		exit 0
	fi ;;
"installing "*)
	say "an earlier installation was interrupted: starting over"
	install_new
	exit 0 ;;
esac
if is_base "$dest"; then
	upgrade
elif [ -z "$(find "$dest" -mindepth 1 ! -type d ! -name .lost+found | head -n 1)" ]; then
	install_new
else
	die "$dest holds files and is no base; name an empty or a new directory"
fi
