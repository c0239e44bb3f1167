# Run by installworld in a jail of the base: the prepared packages, on /mnt, become
# the installed ones.  Nothing is removed, and edited configuration files stay.
# shellcheck shell=sh

set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
umask 022

work=$(mktemp -d /tmp/installworld.XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir "$work/lists"
echo 'deb [trusted=yes] file:/mnt ./' >"$work/sources.list"

apt()
{
	apt-get -q -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=- \
	    -o Dir::State::Lists="$work/lists" -o APT::Sandbox::User=root \
	    -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 "$@"
}

dpkg --configure -a
apt update
# shellcheck disable=SC2046 # a list of names
apt -y --no-remove --no-install-recommends install $(cat /mnt/packages)
apt -y --no-remove --no-install-recommends dist-upgrade
sh /mnt/overlay/install.sh
