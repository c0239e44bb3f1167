#!/bin/sh
#
# usage: distribute.sh SOURCE
#
# Run by distribution.sh with the base as its directory, and confined to it.  Files
# are replaced by new ones, never opened for writing: see confine.sh.

set -eu

source=$1
record=var/lib/gaol/distribution	# "sha256  path" of each file as we installed it
records=
if [ -f "$record" ] && [ ! -L "$record" ]; then
	records=$(head -c 65536 -- "$record")
fi
new=

recorded()
{
	printf '%s\n' "$records" | sed -n "s|^\\([0-9a-f]\\{64\\}\\)  $1\$|\\1|p" | head -n 1
}

# Debian's own, as its package brought it?
conffile_as_packaged()
{
	md5=$(sed -n "s|^ /$1 \\([0-9a-f]\\{32\\}\\)\$|\\1|p" var/lib/dpkg/status | head -n 1)
	[ -n "$md5" ] && [ "$md5" = "$(md5sum <"$1" | cut -d' ' -f1)" ]
}

put()
{
	mkdir -p -- "$(dirname -- "$1")"
	cp --remove-destination -- "$source/${1#etc/}" "$1"
	chmod 644 -- "$1"
	printf 'world: %s\n' "$1"
}

for file in rc rc.subr rc.shutdown defaults/rc.conf rc.conf make.conf hosts fstab \
    default/inetutils-syslogd; do
	path=etc/$file
	sum=$(sha256sum <"$source/$file" | cut -d' ' -f1)
	was=$(recorded "$path")
	if [ ! -e "$path" ] && [ ! -L "$path" ]; then
		put "$path"
	elif [ -L "$path" ] || [ ! -f "$path" ]; then
		printf 'world: %s is not a plain file: kept as it is\n' "$path"
	else
		now=$(sha256sum <"$path" | cut -d' ' -f1)
		if [ "$now" = "$sum" ]; then
			:
		elif [ "$now" = "$was" ] || conffile_as_packaged "$path"; then
			put "$path"
		else
			# What was recorded stays: the day it is put back, it is ours again.
			if [ "$was" != "$sum" ]; then
				printf 'world: %s was edited: kept; compare it with %s\n' "$path" "$source/$file"
			else
				printf 'world: %s was edited: kept\n' "$path"
			fi
			sum=$was
		fi
	fi
	[ -z "$sum" ] || new="$new$sum  $path
"
done

# Empty means "the host's resolvers"; one that somebody wrote is left alone.
if [ ! -e etc/resolv.conf ] && [ ! -L etc/resolv.conf ]; then
	(umask 022 && set -C && : >etc/resolv.conf)
fi

for dir in libexec usr/ports var/portbuild; do
	[ -d "$dir" ] || mkdir -p -- "$dir"
done

mkdir -p -- var/lib/gaol
rm -f -- "$record.new"
(set -C && printf '%s' "$new" >"$record.new")
mv -T -- "$record.new" "$record"
