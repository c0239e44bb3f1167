#!/bin/sh
#
# usage: install.sh [ROOT]
#
# What a base has beyond Debian's packages.  At its build ROOT is the new tree; when a
# base is brought up to date, this runs inside it, without ROOT.

set -eu

overlay=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=${1:-}

# FreeBSD's root directory has these; the how-to mounts over them.
for d in /libexec /usr/ports /var/portbuild; do
	[ -d "$root$d" ] || install -d -m 755 -- "$root$d"
done

install -m 755 -- "$overlay/policy-rc.d" "$root/usr/sbin/policy-rc.d"

for mk in "$overlay"/bmake/*.mk; do
	install -m 644 -- "$mk" "$root/usr/share/mk/"
done

# Debian's gmake is a link to make, which is about to be another program.
divert()
{
	[ ! -e "$root$2" ] || return 0
	${root:+chroot "$root"} dpkg-divert --quiet --local --rename --divert "$2" --add "$1"
}
divert /usr/bin/make /usr/bin/gnumake
divert /usr/bin/gmake /usr/bin/gmake.debian
ln -sfn gnumake "$root/usr/bin/gmake"
install -m 755 -- "$overlay/make" "$root/usr/bin/make"
