#!/bin/sh
#
# make buildworld: a Debian userland as an archive in the cache, by mmdebstrap from
# the host's own apt sources.  Nothing is written beside these scripts.

set -eu
# shellcheck source=world.subr source-path=SCRIPTDIR
. "$(dirname -- "$0")/world.subr"
# A strict mask of root's would make files that the build's own users cannot read.
umask 022

need_root
need mmdebstrap mmdebstrap
need apt-get apt
[ -r /etc/os-release ] || die "/etc/os-release is missing: which distribution is this?"
codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
[ -n "$codename" ] || die "/etc/os-release has no VERSION_CODENAME"
arch=$(dpkg --print-architecture)

world_lock
work=$(mktemp -d "$WORLDCACHE/.build.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ -n "${APT_SOURCES:-}" ]; then
	[ -r "$APT_SOURCES" ] || die "APT_SOURCES=$APT_SOURCES cannot be read"
	set -- "$APT_SOURCES"
else
	set --
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
	    /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$f" ] || set -- "$@" "$f"
	done
	[ $# -gt 0 ] || die "no file in /etc/apt/sources.list.d; name one by APT_SOURCES="
fi
awk -v codename="$codename" -f "$world_dir/sources.awk" "$@" >"$work/debian.sources"
[ -s "$work/debian.sources" ] ||
    die "no source of $codename in $* (name a file of your own by APT_SOURCES=)"

# apt runs with the new root's configuration, so proxies and the like are carried over.
apt-config dump | grep -E '^Acquire::((https?|ftp|Retries|Check-Valid-Until|Check-Date|ForceIPv[46]|Queue-Mode)(::| "))' |
    grep -v '""' >"$work/apt.conf" || :

# shellcheck disable=SC2086 # lists of names
packages=$(printf '%s\n' $world_packages ${EXTRA_PACKAGES:-} | tr ',' '\n' | sort -u |
    sed '/^$/d' | paste -sd, -)
case $packages in
*[!a-z0-9+.:,-]*) die "EXTRA_PACKAGES: not names of packages: ${EXTRA_PACKAGES:-}" ;;
esac
if grep -q '^URIs:.*https:' "$work/debian.sources"; then
	packages=$packages,ca-certificates
fi

inputs=$(
	printf '%s\n' "$codename" "$arch" "$packages"
	cat -- "$work/debian.sources" "$work/apt.conf" "$world_dir/hook-customize.sh"
	find "$world_dir/overlay" -type f | LC_ALL=C sort | xargs -d '\n' cat --
)
inputs=$(printf '%s' "$inputs" | sha256sum | cut -d' ' -f1)
if [ "${FORCE:-no}" != yes ] && [ -f "$WORLDCACHE/world.tar" ] &&
    [ "$(cat "$WORLDCACHE/world.inputs" 2>/dev/null)" = "$inputs" ] &&
    [ "$(find "$WORLDCACHE/world.tar" -mmin -1440)" ]; then
	say "$WORLDCACHE/world.tar is not a day old: nothing to do (FORCE=yes builds it again)"
	exit 0
fi

say "building a $codename userland ($arch) in $WORLDCACHE; this takes a minute or two"
# The downloaded packages are kept: the next build fetches only what is new, and an
# installed base is upgraded from them.
export work world_dir WORLDCACHE
set -- --variant=minbase --include="$packages" --format=tar \
    --skip=essential/unlink --skip=download/empty --dpkgopt=force-unsafe-io
while IFS= read -r line; do
	set -- "$@" --aptopt="${line%;}"
done <"$work/apt.conf"
# shellcheck disable=SC2016 # mmdebstrap's shell expands them, with the new root as $1
mmdebstrap "$@" \
    --setup-hook='sh "$world_dir/hook-setup.sh" "$1"' \
    --customize-hook='sh "$world_dir/hook-customize.sh" "$1"' \
    "$codename" "$work/world.tar" "$work/debian.sources" ||
    die "mmdebstrap failed; its messages are above"

say "keeping the packages and their index"
sh "$world_dir/index.sh" "$work/stage" "$work/manifest"
cp -r -- "$world_dir/overlay" "$work/stage/overlay"
printf '%s\n' "$packages" | tr , '\n' >"$work/stage/packages"
build=$({ cat -- "$work/manifest"; printf '%s\n' "$inputs"; } | sha256sum | cut -d' ' -f1)
printf '%s %s %s\n' "$codename" "$arch" "$build" >"$work/build"
printf '%s\n' "$inputs" >"$work/inputs"

# The archive last: with it in place the rest is there.
rm -rf -- "$WORLDCACHE/stage"
mv -- "$work/stage" "$WORLDCACHE/stage"
for f in manifest build inputs tar; do
	rm -f -- "$WORLDCACHE/world.$f"
done
mv -- "$work/manifest" "$WORLDCACHE/world.manifest"
mv -- "$work/build" "$WORLDCACHE/world.build"
mv -- "$work/inputs" "$WORLDCACHE/world.inputs"
mv -- "$work/world.tar" "$WORLDCACHE/world.tar"
say "done: $(wc -l <"$WORLDCACHE/world.manifest") packages; next: make installworld DESTDIR=/home/jail/base"
