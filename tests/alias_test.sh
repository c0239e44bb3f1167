#!/usr/bin/env atf-sh
# Aliases on interfaces, by the functions that jails use, without a jail.
. "$(dirname "$0")/env.subr"

setup() {
	gaol_env
	gaol_net
	tool=$GAOL_TOOLS/aliastool
	sysctl -qw net.ipv6.conf.vtnet0.disable_ipv6=1
	gaol_snapshot
}

line() { # ADDRESS/LEN BROADCAST [rest]
	echo "$1 peer ${1%/*} brd $2 scope 0 metric 0 label vtnet0 lft forever${3:+ $3}"
}

atf_test_case add
add_head() {
	atf_set descr "An alias is put on once, says whether it was there, and is taken off"
}
add_body() {
	setup
	atf_check -o inline:"added\n" "$tool" add vtnet0 192.168.1.134/24
	atf_check -o inline:"was there\n" "$tool" add vtnet0 192.168.1.134/24
	atf_check -o inline:"was there\n" "$tool" add vtnet0 192.168.1.1/24
	atf_check -o inline:"added\n" "$tool" add vtnet0 10.0.0.7
	atf_check -o inline:"$(line 192.168.1.1/24 192.168.1.255)
$(line 10.0.0.7/32 -)
$(line 192.168.1.134/24 192.168.1.255 secondary)\n" "$tool" list vtnet0
	atf_check "$tool" del vtnet0 10.0.0.7/32
	atf_check "$tool" del vtnet0 192.168.1.134/24
	atf_check -o inline:"$(line 192.168.1.1/24 192.168.1.255)\n" "$tool" list vtnet0
	# Gone already, never there, another length, no interface: all as wished.
	atf_check "$tool" del vtnet0 10.0.0.7/32
	atf_check "$tool" del vtnet0 192.168.1.1/25
	atf_check "$tool" del vtnet9 10.0.0.7/32
	atf_check -o inline:"$(line 192.168.1.1/24 192.168.1.255)\n" "$tool" list vtnet0
}

siblings() { # promote_secondaries
	setup
	sysctl -qw net.ipv4.conf.all.promote_secondaries=0
	sysctl -qw net.ipv4.conf.vtnet0.promote_secondaries="$1"
	ip addr flush dev vtnet0
	atf_check -o inline:"added\n" "$tool" add vtnet0 192.168.1.134/24
	ip addr add 192.168.1.135/24 brd 192.168.1.200 dev vtnet0 label vtnet0:b
	ip addr add 192.168.1.136/24 dev vtnet0 noprefixroute metric 77
	ip addr add 192.168.1.137/24 dev vtnet0 valid_lft 5000 preferred_lft 4000
	[ "$2" != more ] || ip addr add 10.9.9.9/25 dev vtnet0
	ip route add default via 192.168.1.2 src 192.168.1.136
	ip route add 10.1.0.0/16 via 192.168.1.2 metric 5
	ip route add 10.1.0.0/16 via 192.168.1.3 metric 6 mtu 1400
	ip route add 10.2.0.0/16 nexthop via 192.168.1.2 nexthop via 192.168.1.3 weight 2
	ip route add 10.3.0.3 dev vtnet0 scope link src 192.168.1.135
	ip route add 10.4.0.0/16 via 10.3.0.3
	ip route show | sed '/proto kernel/s/src 192.168.1.134/src 192.168.1.135/' | sort >want
	atf_check "$tool" del vtnet0 192.168.1.134/24
	"$tool" list vtnet0 | sort >got
	{
		[ "$2" != more ] || line 10.9.9.9/25 -
		echo "192.168.1.135/24 peer 192.168.1.135 brd 192.168.1.200 scope 0 metric 0 label vtnet0:b lft forever"
		echo "192.168.1.136/24 peer 192.168.1.136 brd - scope 0 metric 77 label vtnet0 lft forever secondary noprefixroute"
		echo "192.168.1.137/24 peer 192.168.1.137 brd - scope 0 metric 0 label vtnet0 lft bounded secondary"
	} >addresses
	atf_check -o file:addresses cat got
	# Routes that stood on them, those that the administrator had made too.
	ip route show | sort >got
	atf_check -o file:want cat got
	# Then the next one, until the last.
	atf_check "$tool" del vtnet0 192.168.1.135/24
	atf_check "$tool" del vtnet0 192.168.1.137/24
	atf_check -o match:'^192.168.1.136/24 .* metric 77 .* noprefixroute$' \
	    -x "$tool list vtnet0 | grep ^192"
	atf_check "$tool" del vtnet0 192.168.1.136/24
	atf_check -s exit:1 -x "$tool list vtnet0 | grep ^192"
	gaol_snapshot
}

atf_test_case promote_0
promote_0_head() {
	atf_set descr "The first alias of a subnet goes, the others stay: promote_secondaries=0"
}
promote_0_body() {
	siblings 0 alone
}

atf_test_case promote_0_more
promote_0_more_head() {
	atf_set descr "The same on an interface that has another subnet too"
}
promote_0_more_body() {
	siblings 0 more
}

atf_test_case promote_1
promote_1_head() {
	atf_set descr "The same where the kernel does it: promote_secondaries=1"
}
promote_1_body() {
	siblings 1 alone
}

atf_test_case many
many_head() {
	atf_set descr "A subnet of 2,000 aliases keeps 1,999 of them"
}
many_body() {
	setup
	sysctl -qw net.ipv4.conf.all.promote_secondaries=0
	sysctl -qw net.ipv4.conf.vtnet0.promote_secondaries=0
	i=0
	while [ $i -lt 2000 ]; do
		i=$((i + 1))
		echo "addr add 10.5.$((i / 250)).$((i % 250 + 1))/16 dev vtnet0"
	done | ip -batch - || atf_fail "ip -batch"
	atf_check "$tool" del vtnet0 10.5.0.2/16
	atf_check -o inline:"1999\n" -x "$tool list vtnet0 | grep -c '^10[.]5[.]'"
	ip addr flush dev vtnet0
	gaol_snapshot
}

atf_test_case race
race_head() {
	atf_set descr "Aliases of one subnet, put on and taken off by several at once"
}
race_body() {
	setup
	sysctl -qw net.ipv4.conf.all.promote_secondaries=0
	sysctl -qw net.ipv4.conf.vtnet0.promote_secondaries=0
	for n in 1 2 3 4; do
		(
			i=0
			while [ $i -lt 50 ]; do
				i=$((i + 1))
				"$tool" add vtnet0 10.6.0.$((n * 50 + i % 5))/24 >/dev/null || exit 1
				"$tool" del vtnet0 10.6.0.$((n * 50 + i % 5))/24 || exit 1
			done
			"$tool" add vtnet0 10.6.0.$n/24 >/dev/null
		) &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid" || atf_fail "one of them failed"
	done
	atf_check -o inline:"10.6.0.1/24\n10.6.0.2/24\n10.6.0.3/24\n10.6.0.4/24\n" \
	    -x "$tool list vtnet0 | awk '/^10.6/ { print \$1 }' | sort"
	ip addr flush dev vtnet0
	gaol_snapshot
}

atf_test_case words
words_head() {
	atf_set descr "ifconfig's words"
}
words_body() {
	setup
	atf_check -o inline:"added\n" \
	    "$tool" add vtnet0 10.0.0.1 netmask 255.255.255.0 broadcast 10.0.0.9 label vtnet0:w alias
	atf_check -o inline:"added\n" "$tool" add vtnet0 10.0.1.1/30 scope link metric 9
	atf_check -o inline:"added\n" "$tool" add vtnet0 10.0.2.1 10.0.2.2
	atf_check -o inline:"10.0.0.1/24 peer 10.0.0.1 brd 10.0.0.9 scope 0 metric 0 label vtnet0:w lft forever
10.0.1.1/30 peer 10.0.1.1 brd 10.0.1.3 scope 253 metric 9 label vtnet0 lft forever
10.0.2.1/32 peer 10.0.2.2 brd - scope 0 metric 0 label vtnet0 lft forever\n" \
	    -x "$tool list vtnet0 | grep ^10 | sort"
	atf_check -s exit:1 -e inline:"aliastool: 10.0.0.2: vhid: not something that an inet address can have on Linux\n" \
	    "$tool" add vtnet0 10.0.0.2 vhid 1
	for alias in 10.0.0.1/24 10.0.1.1/30 10.0.2.1/32; do
		atf_check "$tool" del vtnet0 $alias
	done
	ip link set vtnet0 down
	atf_check -o inline:"added\n" "$tool" add vtnet0 10.0.0.1 up
	atf_check -o match:'[<,]UP[,>]' ip link show dev vtnet0
	atf_check "$tool" del vtnet0 10.0.0.1/32
}

atf_test_case inet6
inet6_head() {
	atf_set descr "IPv6 aliases can be used at once, without the wait for duplicates"
}
inet6_body() {
	gaol_env
	gaol_net
	tool=$GAOL_TOOLS/aliastool
	sysctl -qw net.ipv6.conf.vtnet0.accept_dad=1
	atf_check -o inline:"added\n" "$tool" add vtnet0 2001:db8:1::134/64
	atf_check -s exit:1 -x "ip -6 addr show dev vtnet0 | grep -A1 134 | grep -E 'tentative|dadfailed'"
	atf_check -o match:"1 received" ping -6 -c 1 -W 2 -I 2001:db8:1::134 2001:db8:1::2
	atf_check -o inline:"was there\n" "$tool" add vtnet0 2001:db8:1::134/64
	atf_check -o inline:"added\n" "$tool" add vtnet0 2001:db8:1::135
	atf_check "$tool" del vtnet0 2001:db8:1::134/64
	atf_check "$tool" del vtnet0 2001:db8:1::135/128
	sysctl -qw net.ipv6.conf.vtnet0.disable_ipv6=1
	atf_check -s exit:1 -e inline:"aliastool: interface vtnet0: 2001:db8::5/64: IPv6 is switched off (sysctl net.ipv6.conf.vtnet0.disable_ipv6=0 switches it on)\n" \
	    "$tool" add vtnet0 2001:db8::5/64
	gaol_snapshot
}

atf_test_case errors
errors_head() {
	atf_set descr "What cannot be, in words"
}
errors_body() {
	setup
	atf_check -s exit:1 -e inline:"aliastool: interface vtnet9 does not exist\n" \
	    "$tool" add vtnet9 10.0.0.1
	atf_check -s exit:1 -e inline:"aliastool: interface a-name-that-is-too-long does not exist\n" \
	    "$tool" add a-name-that-is-too-long 10.0.0.1
	atf_check -s exit:1 -e inline:"aliastool: not an IPv4 address: 10.0.0.256\n" \
	    "$tool" add vtnet0 10.0.0.256
	atf_check -s exit:1 -e inline:"aliastool: interface vtnet0: 10.0.0.1/32: Operation not permitted\n" \
	    setpriv --reuid=65534 --clear-groups "$tool" add vtnet0 10.0.0.1
}

atf_test_case links
links_head() {
	atf_set descr "Links are made, moved between namespaces, renamed, deleted"
}
links_body() {
	setup
	atf_check -o inline:"renamed kind veth up\ninterface renamed does not exist\n" \
	    "$tool" veth one two /proc/$GAOL_PEER_PID/ns/net
	atf_check -o empty peer ip -o link show type veth dev lo
}

atf_init_test_cases() {
	atf_add_test_case add
	atf_add_test_case promote_0
	atf_add_test_case promote_0_more
	atf_add_test_case promote_1
	atf_add_test_case many
	atf_add_test_case race
	atf_add_test_case words
	atf_add_test_case inet6
	atf_add_test_case errors
	atf_add_test_case links
}
