#!/bin/sh
#
# usage: index.sh DIRECTORY MANIFEST
#
# Keeps in DIRECTORY the packages that MANIFEST names ("name architecture version"),
# and writes the index by which apt takes it for an archive.

set -eu

dir=$1 manifest=$2
cd -- "$dir"
: >Packages
for deb in *.deb; do
	[ -f "$deb" ] || continue
	# shellcheck disable=SC2016 # dpkg's own fields
	id=$(dpkg-deb --showformat='${Package} ${Architecture} ${Version}' -W "$deb")
	if ! grep -qxF -- "$id" "$manifest"; then
		rm -f -- "$deb"
		continue
	fi
	{
		dpkg-deb -f "$deb"
		printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" \
		    "$(sha256sum <"$deb" | cut -d' ' -f1)"
	} >>Packages
done
