#!/usr/bin/env atf-sh
# Jails with a network stack of their own.
. "$(dirname "$0")/env.subr"

new_case() { # NAME DESCRIPTION
	atf_test_case "$1"
	eval "descr_$1=\$2; $1_head() { atf_set descr \"\$descr_$1\"; }"
}

new_case epair "gaol.epair: a pair of interfaces, one end in a bridge"
epair_body() {
	gaol_env
	gaol_net
	ip link add bridge0 type bridge
	ip addr add 10.7.0.1/24 dev bridge0
	ip link set bridge0 up
	gaol_snapshot
	cat >/etc/jail.conf <<-'END'
		path = /; vnet; gaol.epair = bridge0; persist;
		a { jid = 7; exec.start = "ip addr add 10.7.0.2/24 dev epair0b"; }
		b { exec.start = "ip addr add 10.7.0.3/24 dev epair0b"; }
	END
	atf_check -o ignore jail -c
	a=epair7a
	b=epair$(jls -j b jid)a
	for end in $a $b; do
		atf_check -o match:"master bridge0.*state UP" ip link show dev $end
	done
	atf_check -o match:"^epair0b@.* UP " jexec a ip -br link show dev epair0b
	# Nothing of the host's stack is in there.
	atf_check -s exit:1 -e match:"does not exist" jexec a ip link show dev vtnet0
	# The host, and the jails among each other.
	jexec a "$GAOL_TOOLS/sockprobe" tcp4 bind=0.0.0.0,7000 listen ready=/home/a accept name >one 2>&1 &
	pid=$!
	wait_for 10 test -e /home/a
	atf_check -o match:"connect: ok" jexec b "$GAOL_TOOLS/sockprobe" tcp4 connect=10.7.0.2,7000
	wait $pid
	grep -q "^accept: 10.7.0.3$" one || atf_fail "$(tail -n 1 one)"
	jexec b "$GAOL_TOOLS/sockprobe" tcp4 bind=10.7.0.3,7000 listen ready=/home/b accept >two 2>&1 &
	pid=$!
	wait_for 10 test -e /home/b
	atf_check -o match:"connect: ok" "$GAOL_TOOLS/sockprobe" tcp4 connect=10.7.0.3,7000
	wait $pid
	# One end is deleted by hand: the jail's end finds nothing to do.
	ip link del $b
	atf_check -o inline:"b: removed\n" jail -r b
	atf_check -o inline:"a: removed\n" jail -r a
	atf_check -s exit:1 -e match:"does not exist" ip link show dev $a
	rm -f /home/a /home/b
}

new_case epair_wrong "gaol.epair with a bridge that is none, a name that is taken, no vnet"
epair_wrong_body() {
	gaol_env
	gaol_net
	gaol_tiny_root /home/j
	ip link add bridge0 type bridge
	ip link add epair5a type veth peer name other
	gaol_snapshot
	refused() { # MESSAGE PARAMETER...
		text=$1
		shift
		atf_check -s exit:1 -e inline:"jail: $text\n" jail -c name=x path=/home/j persist "$@"
	}
	refused "gaol.epair: interface nosuch does not exist" vnet gaol.epair=nosuch
	refused "gaol.epair: vtnet0 is not a bridge: ip link add vtnet0 type bridge" vnet gaol.epair=vtnet0
	refused "gaol.epair: the jail has no network stack of its own; write vnet;" gaol.epair=bridge0
	refused "gaol.epair: longer than 15 bytes: File name too long" vnet \
	    gaol.epair=bridge0123456789x
	refused "gaol.epair: veth epair5a, epair0b: File exists" vnet gaol.epair=bridge0 jid=5
	atf_check -o match:"epair5a" ip link show dev epair5a
}

new_case epair_dies "gaol.epair: a jail that ends by itself, or whose keeper is killed"
epair_dies_body() {
	gaol_env
	gaol_tiny_root /home/j
	ip link add bridge0 type bridge
	gaol_snapshot
	atf_check jail -c name=x path=/home/j vnet gaol.epair=bridge0 command=/bin/true
	wait_for 10 sh -c '! ip link show 2>/dev/null | grep -q epair'
	atf_check jail -c name=x path=/home/j vnet gaol.epair=bridge0 persist
	kill -9 "$(cat "$GAOL_CGROUP_MOUNT/$GAOL_CGROUP/.k/cgroup.procs")"
	wait_for 10 sh -c '! ip link show 2>/dev/null | grep -q epair'
	wait_for 10 sh -c 'jail -c name=x path=/home/j vnet gaol.epair=bridge0 persist 2>/dev/null'
	atf_check -o ignore jail -r x
}

atf_init_test_cases() {
	for name in epair epair_wrong epair_dies; do
		atf_add_test_case $name
	done
}
