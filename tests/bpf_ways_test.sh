#!/usr/bin/env atf-sh
# Ways round bind(2), each of which must end at the same rules.
# shellcheck disable=SC2086,SC2119 # lists of operations are words on purpose

. "$(dirname "$0")/env.subr"
. "$(dirname "$0")/bpf.subr"

#
# Ways round bind(2).
#

atf_test_case listen_unbound
listen_unbound_head() {
	atf_set descr "listen() on a fresh socket hears the jail's addresses only"
}
listen_unbound_body() {
	setup ip4=$A,$A2 ip6=$A6
	port() { # of the one listener
		ss -Hltn | awk '{ sub(/.*:/, "", $4); print $4; exit }'
	}
	host tcp4 listen ready=up accept >out &
	await up
	p=$(port)
	other tcp4 connect=$HOST,"$p" | says "socket: ok" "connect: ok"
	wait $!
	for s in tcp4 tcp6; do
		rm -f up
		jail 1 $s listen ready=up accept name >out &
		await up
		p=$(port)
		for dst in $HOST $B 127.0.0.1; do
			host tcp4 connect=$dst,"$p" | says "socket: ok" "connect: EINPROGRESS"
		done
		other tcp4 connect=$HOST,"$p" | says "socket: ok" "connect: EINPROGRESS"
		[ $s = tcp4 ] || other tcp6 connect=$HOST6,"$p" |
		    says "socket: ok" "connect: EINPROGRESS"
		other tcp4 connect=$A2,"$p" peer >others
		wait $!
		grep -q '^connect: ok' others || atf_fail "own address not reached"
		grep -q '^accept: .*192.168.1.2$' out || atf_fail "own address not served: $(cat out)"
	done
}

# A UDP socket bound by its first send: its port is $p.  Tests send what must not arrive first
# and what must arrive last, so that one who hears too much says so at once.
autobound() { # N|host OPERATION...
	rm -f up
	n=$1
	shift
	if [ "$n" = host ]; then
		host "$@" >out &
	else
		jail "$n" "$@" >out &
	fi
	server=$!
	await up
	p=$(ss -Huan | awk '{ sub(/.*:/, "", $4); if ($4 != 7009) print $4 }' | head -1)
}

atf_test_case autobind
autobind_head() {
	atf_set descr "A UDP socket bound by sending hears the jail's addresses only"
}
autobind_body() {
	setup ip4=$A ip6=$A6
	autobound host udp4 send=$PEER,9 ready=up recv recv
	host udp4 bind=$B,7009 send=$HOST,"$p" send=$A,"$p" >/dev/null
	wait $server
	says "socket: ok" "send: ok" "recv: $B 7009" "recv: $B 7009" <out
	autobound 1 udp4 send=$PEER,9 ready=up recv recv
	host udp4 bind=$HOST,7009 send=$HOST,"$p" send=$B,"$p" send=127.0.0.1,"$p" >/dev/null
	host udp4 bind=$B,7009 send=$A,"$p" >/dev/null
	other udp4 bind=$PEER,7008 send=$HOST,"$p" >/dev/null
	other udp4 bind=$PEER,7009 send=$A,"$p" >/dev/null
	wait $server
	says "socket: ok" "send: ok" "recv: $B 7009" "recv: $PEER 7009" <out
	autobound 1 udp6 send=$HOST6,9 ready=up recv recv
	host udp6 bind=$HOST6,7009 send=$HOST6,"$p" >/dev/null
	host udp6 bind=$B6,7009 send=$A6,"$p" >/dev/null
	other udp4 bind=$PEER,7008 send=$HOST,"$p" >/dev/null
	other udp4 bind=$PEER,7009 send=$A,"$p" >/dev/null
	wait $server
	says "socket: ok" "send: ok" "recv: $B6 7009" "recv: ::ffff:$PEER 7009" <out
	# Tied to the interface: no difference.
	autobound 1 udp4 device=vtnet0 send=$PEER,9 ready=up recv
	other udp4 bind=$PEER,7008 send=$HOST,"$p" >/dev/null
	other udp4 bind=$PEER,7009 send=$A,"$p" >/dev/null
	wait $server
	says "socket: ok" "device: ok" "send: ok" "recv: $PEER 7009" <out
}

atf_test_case autobind_connect
autobind_connect_head() {
	atf_set descr "connect() after a send, or with the address gone from the host: no foreign source"
}
autobind_connect_body() {
	setup ip4=$A ip6=$A6
	host udp4 send=$PEER,9 connect=$PEER,9 name |
	    says "socket: ok" "send: ok" "connect: ok" "name: $HOST"
	jail 1 udp4 send=$PEER,9 connect=$PEER,9 name |
	    says "socket: ok" "send: ok" "connect: EADDRNOTAVAIL" "name: 0.0.0.0"
	jail 1 udp6 send=$HOST6,9 connect=$HOST6,9 |
	    says "socket: ok" "send: ok" "connect: EADDRNOTAVAIL"
	# disconnect leaves the address.
	jail 1 udp4 connect=$PEER,9 disconnect name connect=$PEER,9 name |
	    says "socket: ok" "connect: ok" "disconnect: ok" "name: $A" "connect: ok" "name: $A"
	ip addr del $A/32 dev vtnet0
	ip -6 addr del $A6/128 dev vtnet0
	for s in tcp4 udp4; do
		jail 1 $s connect=$PEER,9 | says "socket: ok" "connect: EADDRNOTAVAIL"
	done
	jail 1 tcp6 connect=$HOST6,9 | says "socket: ok" "connect: EADDRNOTAVAIL"
	# A send has the address, and the kernel none to send from: EINVAL, in new kernels ENETUNREACH.
	jail 1 udp4 send=$PEER,9 | sed s/ENETUNREACH/EINVAL/ | says "socket: ok" "send: EINVAL"
	gaol_snapshot
}

atf_test_case multicast
multicast_head() {
	atf_set descr "Multicast and broadcast: not received; sent with the jail's source"
}
multicast_body() {
	setup ip4=$A
	group=239.1.2.3
	ip route add 224.0.0.0/4 dev vtnet0
	peer ip route add 224.0.0.0/4 dev eth0
	autobound host udp4 join=$group,$HOST send=$PEER,9 ready=up recv recv
	other udp4 bind=$PEER,7008 send=$group,"$p" set=1,6,1 send=192.168.1.255,"$p" >/dev/null
	wait $server
	says "socket: ok" "join: ok" "send: ok" "recv: $PEER 7008" "recv: $PEER 7008" <out
	autobound 1 udp4 join=$group,$A send=$PEER,9 ready=up recv
	other udp4 bind=$PEER,7008 send=$group,"$p" set=1,6,1 send=192.168.1.255,"$p" |
	    says "socket: ok" "bind: ok" "send: ok" "set: ok" "send: ok"
	other udp4 bind=$PEER,7009 send=$A,"$p" >/dev/null
	wait $server
	says "socket: ok" "join: ok" "send: ok" "recv: $PEER 7009" <out
	# IP_MULTICAST_IF with a foreign address chooses the interface, not the source.
	other udp4 join=$group,$PEER bind=0.0.0.0,7010 ready=up2 recv >out &
	await up2
	jail 1 udp4 send=$group,7010 | says "socket: ok" "send: ok"
	wait $!
	says "socket: ok" "join: ok" "bind: ok" "recv: $A" <out
}

atf_test_case multicast_source
multicast_source_head() {
	atf_set descr "The interface of multicast by an address, which is the source too: nobody else's"
}
multicast_source_body() {
	setup ip4=$A ip6=$A6
	group=239.1.2.3
	ip route add 224.0.0.0/4 dev vtnet0
	peer ip route add 224.0.0.0/4 dev eth0
	other udp4 bind=$group,7000 join=$group,$PEER ready=up recv recv >heard &
	heard=$!
	await up
	host udp4 multicast=$B send=$group,7000 | says "socket: ok" "multicast: ok" "send: ok"
	jail 1 udp4 multicast=$B send=$group,7000 | says "socket: ok" "multicast: ok" "send: ok"
	wait $heard
	says "socket: ok" "bind: ok" "join: ok" "recv: $B" "recv: $A" <heard
}

atf_test_case raw
raw_head() {
	atf_set descr "Raw and ICMP sockets hear and send with the jail's addresses only"
}
raw_body() {
	setup ip4=$A,$A2 ip6=$A6 raw_sockets
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" raw "$cg/1"
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" raw "$cg/1"
	sysctl -qw net.ipv4.ping_group_range="0 0"
	# Made by hand: forged, another jail's, none (the kernel puts in the route's), own ones.
	host socket=inet,raw,255 set=0,3,1 raw=$B,$PEER raw=10.1.2.3,$PEER raw=127.0.0.1,127.0.0.1 |
	    says "socket: ok" "set: ok" "raw: ok" "raw: ok" "raw: ok"
	jail 1 socket=inet,raw,255 set=0,3,1 raw=$B,$PEER raw=$HOST,$PEER raw=0.0.0.0,$PEER \
	    raw=$A,127.0.0.1 raw=$A,127.64.0.9 raw=$A,$PEER raw=$A2,$PEER raw=$A,$B |
	    says "socket: ok" "set: ok" "raw: EPERM" "raw: EPERM" "raw: EPERM" "raw: EPERM" \
	    "raw: EPERM" "raw: ok" "raw: ok" "raw: ok"
	# Unbound: the route's source is the host's.
	for s in inet,raw,1 inet,dgram,1; do
		host socket=$s ping=$PEER recv | says "socket: ok" "ping: ok" "recv: $PEER"
		jail 1 socket=$s ping=$PEER socket=$s bind=$B,0 ping=$PEER |
		    says "socket: ok" "ping: EPERM" "socket: ok" "bind: ok" "ping: EPERM"
	done
	jail 1 socket=inet,raw,253 bind=$A,0 send=$PEER,0 | says "socket: ok" "bind: ok" "send: ok"
	jail 1 socket=inet6,raw,253 send=$HOST6,0 bind=$B6,0 send=$HOST6,0 |
	    says "socket: ok" "send: EPERM" "bind: ok" "send: EPERM"
	jail 1 socket=inet6,raw,253 bind=$A6,0 send=$HOST6,0 |
	    says "socket: ok" "bind: ok" "send: ok"
	# Listening to others: what comes first is not the jail's.
	host socket=inet,raw,253 ready=up recv >out &
	server=$!
	await up
	other socket=inet,raw,253 send=$HOST,0 >/dev/null
	wait $server
	says "socket: ok" "recv: $PEER" <out
	rm up
	jail 1 socket=inet,raw,253 ready=up recv recv >out &
	server=$!
	jail 1 socket=inet,raw,253 bind=$B,0 ready=up2 wait=end pending >out2 &
	two=$!
	await up
	await up2
	other socket=inet,raw,253 send=$HOST,0 send=$B,0 >/dev/null
	peer ip addr add 192.168.1.3/24 dev eth0
	other socket=inet,raw,253 bind=192.168.1.3,0 send=$A,0 send=$A2,0 >/dev/null
	wait $server
	says "socket: ok" "recv: 192.168.1.3" "recv: 192.168.1.3" <out
	touch end
	wait $two
	says "socket: ok" "bind: ok" "pending: no" <out2
	# The sockets of a jail from which it was taken away.
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" raw-off "$cg/1"
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" raw-off "$cg/1"
	atf_check_equal "" "$(bpftool cgroup show "$cg/1")"
}

atf_test_case foreign_socket
foreign_socket_head() {
	atf_set descr "Sockets that come from another jail obey the rules; the host's own keep the host's"
}
foreign_socket_body() {
	setup ip4=$A ip6=$A6
	# From jail 2 into jail 1: the taker's rules for what it does, neither's for more.
	jail 1 take="$PWD/un" bind=$B,0 bind=0.0.0.0,7000 name connect=$PEER,9 >out &
	jail 2 udp4 pass="$PWD/un" | says "socket: ok" "pass: ok"
	wait $!
	says "take: ok" "bind: EADDRNOTAVAIL" "bind: ok" "name: $A 7000" "connect: ok" <out
	rm -f un
	jail 1 take="$PWD/un" send=$PEER,9 connect=$PEER,9 >out &
	jail 2 udp4 bind=$B,0 pass="$PWD/un" | says "socket: ok" "bind: ok" "pass: ok"
	wait $!
	says "take: ok" "send: EADDRNOTAVAIL" "connect: EADDRNOTAVAIL" <out
	# The host trusts whom it hands a socket: its listener goes on working.
	rm -f un
	jail 1 take="$PWD/un" accept name >out &
	host tcp4 bind=$HOST,7000 listen pass="$PWD/un" >/dev/null
	other tcp4 connect=$HOST,7000 | says "socket: ok" "connect: ok"
	wait $!
	says "take: ok" "accept: $PEER" "name: $HOST 7000" <out
}

as_user_too listen_unbound autobind autobind_connect multicast multicast_source foreign_socket

atf_init_test_cases() {
	for case in listen_unbound autobind autobind_connect multicast multicast_source raw foreign_socket; do
		atf_add_test_case $case
		[ $case = raw ] || atf_add_test_case ${case}_user
	done
}
