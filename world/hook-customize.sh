#!/bin/sh
#
# usage: hook-customize.sh ROOT
#
# mmdebstrap runs this over the finished base, before the archive is made: what is of
# the host's goes out, what makes it a jail's comes in.  buildworld.sh exports
# $work and $world_dir.

set -eu

: "${work:?}" "${world_dir:?}"
root=$1

mkdir -p -- "$work/stage"
find "$root/var/cache/apt/archives" -maxdepth 1 -name '*.deb' -exec cp -t "$work/stage" {} +

# The host's name and resolver are none of a jail's; hosts and fstab come with
# "make distribution".
rm -f -- "$root/etc/hostname" "$root/etc/resolv.conf" "$root/etc/hosts" "$root/etc/fstab"

rm -f -- "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap" "$root/etc/apt/apt.conf.d/99mmdebstrap"
rm -rf -- "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
install -m 644 -- "$work/debian.sources" "$root/etc/apt/sources.list.d/debian.sources"
# A proxy on the host's loopback is not there for a jail.
if grep -v -E '//(localhost|127\.|\[::1\])' -- "$work/apt.conf" >"$work/apt.conf.jail"; then
	install -m 644 -- "$work/apt.conf.jail" "$root/etc/apt/apt.conf.d/90gaol"
fi

sh "$world_dir/overlay/install.sh" "$root"

# shellcheck disable=SC2016 # dpkg's own fields
dpkg-query --admindir="$root/var/lib/dpkg" -W \
    -f '${Package} ${Architecture} ${Version}\n' >"$work/manifest"
