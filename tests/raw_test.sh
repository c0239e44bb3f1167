#!/usr/bin/env atf-sh
# Raw sockets: the broker grants them to jails with a user namespace, within their addresses.
. "$(dirname "$0")/env.subr"

given() {
	gaol_env
	gaol_net
	gaol_tiny_root /home/jail/base
	# Debian's ping, with the libraries that it wants.
	cp -L "$(command -v ping)" /home/jail/base/bin/ping
	ldd "$(command -v ping)" | sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p' | while read -r lib; do
		mkdir -p "/home/jail/base$(dirname "$lib")"
		cp -L "$lib" "/home/jail/base$lib"
	done
}

received="1 received"
refused="Operation not permitted"

jail_with() { # NAME ADDRESS PARAMETER...
	name=$1
	address=$2
	shift 2
	atf_check jail -c name="$name" path=/home/jail/base persist interface=vtnet0 \
	    ip4.addr="$address/24" "$@"
}

atf_test_case ping
ping_head() {
	atf_set descr "Debian's ping, unchanged: the segment, the host, another jail, itself"
}
ping_body() {
	given
	jail_with a 192.168.1.134 allow.raw_sockets
	jail_with b 192.168.1.135 allow.raw_sockets
	for to in 192.168.1.2 192.168.1.1 192.168.1.135 192.168.1.134 127.0.0.1; do
		atf_check -o match:"$received" jexec a ping -n -c 1 -W 2 $to
	done
	# What the second host sees is the jail's own address.
	atf_check -o match:"$received" jexec a ping -n -c 1 -W 2 -I 192.168.1.134 192.168.1.2
	atf_check -s exit:1 -o match:"0 received" -e ignore jexec a ping -n -c 1 -W 2 -I 192.168.1.1 192.168.1.2
	atf_check -s exit:1 -o match:"0 received" -e ignore jexec a ping -n -c 1 -W 2 -I 192.168.1.135 192.168.1.2
	atf_check -o ignore jail -R a b
}

atf_test_case off
off_head() {
	atf_set descr "without allow.raw_sockets none; by jail -m on for those who enter, off at once"
}
off_body() {
	given
	jail_with a 192.168.1.134
	atf_check -s not-exit:0 -o ignore -e match:"$refused" jexec a ping -n -c 1 -W 2 192.168.1.2
	atf_check jail -m name=a allow.raw_sockets
	atf_check -o match:"$received" jexec a ping -n -c 1 -W 2 192.168.1.2
	atf_check jail -m name=a allow.noraw_sockets
	atf_check -s not-exit:0 -o ignore -e match:"$refused" jexec a ping -n -c 1 -W 2 192.168.1.2
	atf_check -o ignore jail -R a
}

atf_test_case inherit
inherit_head() {
	atf_set descr "gaol.userns=inherit: the broker too, no capability"
}
inherit_body() {
	given
	jail_with a 192.168.1.134 allow.raw_sockets gaol.userns=inherit
	atf_check -o match:"$received" jexec a ping -n -c 1 -W 2 192.168.1.2
	atf_check -s exit:1 -o match:"0 received" -e ignore jexec a ping -n -c 1 -W 2 -I 192.168.1.1 192.168.1.2
	atf_check -o ignore jail -R a
}

atf_test_case broker_dies
broker_dies_head() {
	atf_set descr "a broker that is killed takes raw sockets along and nothing else"
}
broker_dies_body() {
	given
	jail_with a 192.168.1.134 allow.raw_sockets
	jid=$(jls -j a jid)
	root=$(cat /run/jail/.cgroup)
	broker=$(cat /sys/fs/cgroup/unified/"$root"/.b/"$jid"/cgroup.procs 2>/dev/null ||
	    cat /sys/fs/cgroup/"$root"/.b/"$jid"/cgroup.procs)
	atf_check kill -9 "$broker"
	atf_check -s not-exit:0 -o ignore -e ignore jexec a ping -n -c 1 -W 2 192.168.1.2
	atf_check -o inline:"in\n" jexec a echo in
	atf_check -o ignore jail -r a
	atf_check -o not-match:" a$" jls
}

atf_test_case gone
gone_head() {
	atf_set descr "the broker ends with its jail, also when the last process does"
}
gone_body() {
	given
	atf_check jail -c name=a path=/home/jail/base allow.raw_sockets interface=vtnet0 \
	    ip4.addr=192.168.1.134/24 command=/bin/true
	root=$(cat /run/jail/.cgroup)
	for mount in /sys/fs/cgroup/unified /sys/fs/cgroup; do
		[ -d "$mount/$root" ] || continue
		atf_check -o empty find "$mount/$root/.b" -mindepth 1 -type d
	done
	atf_check -o empty find /run/jail/.jail -type s
}

atf_init_test_cases() {
	for t in ping off inherit broker_dies gone; do
		atf_add_test_case $t
	done
}
