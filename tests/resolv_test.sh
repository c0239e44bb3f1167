#!/usr/bin/env atf-sh
# gaol.resolvconf: which nameservers a jail asks.
. "$(dirname "$0")/env.subr"

new_case() { # NAME DESCRIPTION
	atf_test_case "$1"
	eval "descr_$1=\$2; $1_head() { atf_set descr \"\$descr_$1\"; }"
}

given() {
	gaol_env
	j=/home/j
	gaol_tiny_root $j
	host "nameserver 192.0.2.1" "search example.org"
}

host() { # LINE...: the host's file
	rm -f /etc/resolv.conf
	printf '%s\n' "$@" >/etc/resolv.conf
}

reads() { # TEXT PARAMETER...: what a jail with these reads
	want=$1
	shift
	atf_check jail -c name=x path=$j persist "$@"
	if [ -n "$want" ]; then
		atf_check -o inline:"$want\n" jexec x /bin/cat /etc/resolv.conf
	else
		jexec x /bin/cat /etc/resolv.conf >out 2>/dev/null
		[ ! -s out ] || atf_fail "it reads: $(cat out)"
	fi
	atf_check -o ignore jail -R x
}

both="nameserver 192.0.2.1\nsearch example.org"
net="ip4.addr=127.0.3.1"

new_case silent "a file that is missing, empty, or behind a link that leads nowhere"
silent_body() {
	given
	reads "$both" $net
	atf_check -o inline:"0 0 0\n" stat -c '%s %u %g' $j/etc/resolv.conf
	reads "$both" $net
	for to in /run/systemd/resolve/stub-resolv.conf ../run/resolvconf/resolv.conf; do
		ln -sf $to $j/etc/resolv.conf
		reads "$both" $net
		[ "$(readlink $j/etc/resolv.conf)" = $to ] || atf_fail "the link was changed"
	done
	ln -sf /nowhere/else $j/etc/resolv.conf
	reads "" $net
	[ ! -e $j/nowhere ] || atf_fail "made behind the link"
	# A link out of the jail leads nowhere, whatever is there on the host.
	: >/home/outside
	ln -sf ../../../../home/outside $j/etc/resolv.conf
	reads "" $net
	[ ! -s /home/outside ] || atf_fail "written outside"
	# It cannot be changed inside, and ends with the jail.
	rm $j/etc/resolv.conf
	atf_check jail -c name=x path=$j persist $net
	atf_check -s not-exit:0 -e match:"Read-only file system" jexec x /bin/sh -c 'echo >/etc/resolv.conf'
	atf_check -o match:"^/etc/resolv.conf 100444 0:0" jexec x /bin/stat /etc/resolv.conf
	atf_check -o ignore jail -R x
	# A base that is read-only.
	mkdir -p /home/base/etc
	cp $j/etc/* /home/base/etc
	: >/home/base/etc/resolv.conf
	reads "$both" $net mount="/home/base/etc $j/etc nullfs ro"
	rm /home/base/etc/resolv.conf
	reads "" $net mount="/home/base/etc $j/etc nullfs ro"
	reads "$both" $net gaol.userns=identity gaol.skeleton=none
}

new_case written "one that somebody wrote wins; none; a jail without a network"
written_body() {
	given
	reads "" $net gaol.resolvconf=none
	reads ""
	[ ! -e $j/etc/resolv.conf ] || atf_fail "it was made"
	reads "$both" vnet
	echo "nameserver 192.0.2.9" >$j/etc/resolv.conf
	reads "nameserver 192.0.2.9" $net
	echo "nameserver 192.0.2.8" >$j/etc/other
	ln -sf other $j/etc/resolv.conf
	reads "nameserver 192.0.2.8" $net
	rm $j/etc/resolv.conf
	mkdir $j/etc/resolv.conf
	reads "" $net
}

new_case stub "a stub of the host's own is not passed on; those behind it are"
stub_body() {
	given
	host "nameserver 127.0.0.53" "options edns0"
	reads "" $net
	# With all addresses of the host it is reached as by the host.
	reads "nameserver 127.0.0.53\noptions edns0" ip4=inherit
	mkdir -p /run/systemd/resolve
	echo "nameserver 192.0.2.53" >/run/systemd/resolve/resolv.conf
	reads "nameserver 192.0.2.53" $net
	host "# nameserver 192.0.2.7" "nameserver 127.0.0.1" "nameserver ::1"
	reads "nameserver 192.0.2.53" $net
	# One that others reach, too, is enough.
	host "nameserver 127.0.0.1" "nameserver 192.0.2.2"
	reads "nameserver 127.0.0.1\nnameserver 192.0.2.2" $net
	host "nameserver ::1f"
	reads "nameserver ::1f" $net
	echo "nameserver 127.0.0.54" >/run/systemd/resolve/resolv.conf
	host "nameserver 127.0.0.53"
	reads "" $net
	rm -f /etc/resolv.conf
	reads "" $net
	head -c 100000 /dev/zero | tr '\0' x >/etc/resolv.conf
	reads "" $net
}

atf_init_test_cases() {
	for name in silent written stub; do
		atf_add_test_case $name
	done
}
