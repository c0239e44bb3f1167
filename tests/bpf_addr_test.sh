#!/usr/bin/env atf-sh
# The rows of FreeBSD's table of addresses, IPv4 and IPv6, errno by errno.
# shellcheck disable=SC2086,SC2119 # lists of operations are words on purpose

. "$(dirname "$0")/env.subr"
. "$(dirname "$0")/bpf.subr"

#
# The rows of FreeBSD's table.
#

atf_test_case sock_family
sock_family_head() {
	atf_set descr "socket(): families that the jail has not, transports that pass by the rules"
}
sock_family_body() {
	setup ip6=$A6
	jail 1 tcp4 udp4 tcp6 udp6 |
	    says "socket: EPROTONOSUPPORT" "socket: EPROTONOSUPPORT" "socket: ok" "socket: ok"
	ctl prison "$cg/1" jid=1
	jail 1 tcp4 tcp6 | says "socket: EPROTONOSUPPORT" "socket: EPROTONOSUPPORT"
	# A difference: IPv6 sockets exist in an IPv4 jail, for v4-mapped addresses.
	ctl prison "$cg/1" jid=1 ip4=$A
	jail 1 tcp4 tcp6 udp6 | says "socket: ok" "socket: ok" "socket: ok"
	# UDP-Lite is hooked; MPTCP, SCTP, L2TP are not, and no module is loaded for them.
	host socket=inet,dgram,136 | says "socket: ok"
	jail 1 socket=inet,dgram,136 bind=$B,0 bind=0.0.0.0,0 name |
	    says "socket: ok" "bind: EADDRNOTAVAIL" "bind: ok" "name: $A"
	ctl prison "$cg/1" jid=1 ip4=inherit ip6=inherit
	for type in stream,262 stream,132 dgram,115 stream,256; do
		outside=$(jail 1 socket=inet,$type)
		[ "$outside" = "socket: ok" ] || continue
		touch "tried.${type#*,}"
		ctl prison "$cg/2" jid=2 ip4=$B socket_af
		jail 2 socket=inet,$type | says "socket: EPROTONOSUPPORT"
		jail 2 socket=inet6,$type | says "socket: EPROTONOSUPPORT"
		# One family restricted, and the other would carry it v4-mapped.
		ctl prison "$cg/2" jid=2 ip4=$B ip6=inherit
		jail 2 socket=inet6,$type | says "socket: EPROTONOSUPPORT"
	done
	[ -e tried.262 ] || atf_skip "the kernel has no MPTCP"
}

atf_test_case sock_raw
sock_raw_head() {
	atf_set descr "socket(): raw and ICMP sockets only with allow.raw_sockets"
}
sock_raw_body() {
	setup ip4=$A ip6=$A6
	sysctl -qw net.ipv4.ping_group_range="0 0"
	host socket=inet,raw,1 socket=inet6,raw,58 socket=inet,dgram,1 socket=inet6,dgram,58 |
	    says "socket: ok" "socket: ok" "socket: ok" "socket: ok"
	jail 1 socket=inet,raw,1 socket=inet6,raw,58 socket=inet,dgram,1 socket=inet6,dgram,58 |
	    says "socket: EPERM" "socket: EPERM" "socket: EACCES" "socket: EACCES"
	ctl prison "$cg/1" jid=1 ip4=$A ip6=$A6 raw_sockets
	jail 1 socket=inet,raw,1 socket=inet6,raw,58 socket=inet,dgram,1 socket=inet6,dgram,58 |
	    says "socket: ok" "socket: ok" "socket: ok" "socket: ok"
	# ip4=inherit is no permission.
	ctl prison "$cg/1" jid=1 ip4=inherit ip6=inherit
	jail 1 socket=inet,raw,1 | says "socket: EPERM"
	ctl prison "$cg/1" jid=1 vnet
	jail 1 socket=inet,raw,1 | says "socket: ok"
}

atf_test_case bind4
bind4_head() {
	atf_set descr "bind(): IPv4, one address"
}
bind4_body() {
	setup ip4=$A
	for s in tcp4 udp4; do
		jail 1 $s bind=$A,7000 name | says "socket: ok" "bind: ok" "name: $A 7000"
		jail 1 $s bind=127.0.0.1,7000 name | says "socket: ok" "bind: ok" "name: $A 7000"
		jail 1 $s bind=0.0.0.0,7000 name | says "socket: ok" "bind: ok" "name: $A 7000"
		jail 1 $s bind=0.0.0.0,0 name | says "socket: ok" "bind: ok" "name: $A"
		for a in $B $HOST $A2 127.0.0.2 127.0.0.53 224.0.0.1 192.168.1.255 255.255.255.255; do
			jail 1 $s bind=$a,7000 name |
			    says "socket: ok" "bind: EADDRNOTAVAIL" "name: 0.0.0.0"
		done
		host $s bind=$B,7000 | says "socket: ok" "bind: ok"
		host $s bind=127.0.0.53,7000 | says "socket: ok" "bind: ok"
	done
	host udp4 bind=224.0.0.1,7000 | says "socket: ok" "bind: ok"
	# FREEBIND, TRANSPARENT, BIND_ADDRESS_NO_PORT take no rule away.
	for option in 0,15,1 0,19,1 0,24,1; do
		host tcp4 set=$option bind=$B,0 | says "socket: ok" "set: ok" "bind: ok"
		jail 1 tcp4 set=$option bind=$B,0 bind=0.0.0.0,0 name |
		    says "socket: ok" "set: ok" "bind: EADDRNOTAVAIL" "bind: ok" "name: $A"
	done
	# Two jails at one port.
	jail 1 tcp4 bind=0.0.0.0,7001 listen ready=up wait=end >/dev/null &
	server=$!
	await up
	jail 2 tcp4 bind=0.0.0.0,7001 listen name |
	    says "socket: ok" "bind: ok" "listen: ok" "name: $B 7001"
	touch end
	wait $server
}

atf_test_case bind4_several
bind4_several_head() {
	atf_set descr "bind(): IPv4, several addresses"
}
bind4_several_body() {
	setup ip4=$A,$A2
	for a in $A $A2; do
		jail 1 tcp4 bind=$a,7000 name | says "socket: ok" "bind: ok" "name: $a 7000"
	done
	jail 1 tcp4 bind=127.0.0.1,7000 name | says "socket: ok" "bind: ok" "name: $A 7000"
	jail 1 tcp4 bind=0.0.0.0,7000 name | says "socket: ok" "bind: ok" "name: 0.0.0.0 7000"
	jail 1 udp4 bind=0.0.0.0,7000 name | says "socket: ok" "bind: ok" "name: 0.0.0.0 7000"
	jail 1 tcp4 bind=$B,7000 | says "socket: ok" "bind: EADDRNOTAVAIL"
	# 127.0.0.1 may be in the list; then it is what it says.
	ctl addrs "$cg/1" ip4=$A,127.0.0.1
	jail 1 tcp4 bind=127.0.0.1,7000 name | says "socket: ok" "bind: ok" "name: 127.0.0.1 7000"
	# The last of 255.
	ctl addrs "$cg/1" "ip4=$(seq 1 254 | sed 's/^/10.0.0./' | paste -sd,),$A2"
	jail 1 tcp4 bind=$A2,7000 name | says "socket: ok" "bind: ok" "name: $A2 7000"
	jail 1 tcp4 bind=$A,7000 | says "socket: ok" "bind: EADDRNOTAVAIL"
}

atf_test_case bind6
bind6_head() {
	atf_set descr "bind(): IPv6, with and without IPv4 beside it"
}
bind6_body() {
	setup ip6=$A6
	for s in tcp6 udp6; do
		jail 1 $s bind=$A6,7000 name | says "socket: ok" "bind: ok" "name: $A6 7000"
		jail 1 $s bind=::1,7000 name | says "socket: ok" "bind: ok" "name: $A6 7000"
		jail 1 $s bind=::,7000 name | says "socket: ok" "bind: ok" "name: $A6 7000"
		jail 1 $s set=41,26,1 bind=::,7000 name |
		    says "socket: ok" "set: ok" "bind: ok" "name: $A6 7000"
		for a in $B6 $HOST6 $A62 ff02::1; do
			jail 1 $s bind=$a,7000 | says "socket: ok" "bind: EADDRNOTAVAIL"
		done
		jail 1 $s bind=::ffff:$A,7000 bind=::ffff:0.0.0.0,7000 |
		    says "socket: ok" "bind: EAFNOSUPPORT" "bind: EAFNOSUPPORT"
		host $s bind=$B6,7000 | says "socket: ok" "bind: ok"
	done
	# Both families: a dual-stack wildcard stays one.
	ctl addrs "$cg/1" ip4=$A ip6=$A6,$A62
	jail 1 tcp6 bind=::,7000 name | says "socket: ok" "bind: ok" "name: :: 7000"
	jail 1 udp6 bind=::,7000 name | says "socket: ok" "bind: ok" "name: :: 7000"
	jail 1 tcp6 set=41,26,1 bind=::,7000 name |
	    says "socket: ok" "set: ok" "bind: ok" "name: :: 7000"
	jail 1 udp6 set=41,26,1 bind=::,7000 name |
	    says "socket: ok" "set: ok" "bind: ok" "name: :: 7000"
	jail 1 tcp6 bind=::ffff:0.0.0.0,7000 name |
	    says "socket: ok" "bind: ok" "name: ::ffff:$A 7000"
	for s in tcp6 udp6; do
		jail 1 $s bind=$A62,7000 name | says "socket: ok" "bind: ok" "name: $A62 7000"
		jail 1 $s bind=::ffff:127.0.0.1,7000 name |
		    says "socket: ok" "bind: ok" "name: ::ffff:$A 7000"
		jail 1 $s bind=::ffff:$B,7000 | says "socket: ok" "bind: EADDRNOTAVAIL"
	done
	# IPv4 only: v4-mapped, and nothing else.
	ctl addrs "$cg/1" ip4=$A
	for s in tcp6 udp6; do
		jail 1 $s bind=::,7000 name | says "socket: ok" "bind: ok" "name: ::ffff:$A 7000"
		for a in ::1 $A6 $HOST6; do
			jail 1 $s bind=$a,7000 | says "socket: ok" "bind: EADDRNOTAVAIL"
		done
		jail 1 $s set=41,26,1 bind=::,7000 |
		    says "socket: ok" "set: ok" "bind: EADDRNOTAVAIL"
	done
}

atf_test_case bind_inherit
bind_inherit_head() {
	atf_set descr "bind(): a family that is inherited, alone or beside a restricted one"
}
bind_inherit_body() {
	setup ip4=inherit ip6=inherit
	jail 1 tcp4 bind=$B,7000 name tcp6 bind=::,7001 name tcp4 bind=127.0.0.1,7002 name |
	    says "socket: ok" "bind: ok" "name: $B 7000" "socket: ok" "bind: ok" "name: :: 7001" \
	    "socket: ok" "bind: ok" "name: 127.0.0.1 7002"
	ctl prison "$cg/1" jid=1 ip4=inherit ip6=$A6
	jail 1 tcp4 bind=$B,7000 tcp6 bind=$B6,7000 tcp6 bind=::ffff:$B,7001 tcp6 bind=::,7002 name |
	    says "socket: ok" "bind: ok" "socket: ok" "bind: EADDRNOTAVAIL" "socket: ok" "bind: ok" \
	    "socket: ok" "bind: ok" "name: :: 7002"
	# That last wildcard hears of IPv6 only what is for the jail.
	jail 1 udp6 bind=::,7003 ready=up recv recv >out &
	await up
	host udp6 send=$B6,7003 send=$HOST6,7003 send=::ffff:$B,7003 send=$A6,7003 >/dev/null
	wait $!
	says "socket: ok" "bind: ok" "recv: ::ffff:$B" "recv: $A6" <out
}

atf_test_case ports
ports_head() {
	atf_set descr "bind(): ports below 1024, for root of the jail's own user namespace"
}
ports_body() {
	setup ip4=$A ip6=$A6
	for bind in "tcp4 bind=0.0.0.0,80" "udp4 bind=$A,53" "tcp6 bind=::,81" "tcp6 bind=$A6,82"; do
		jail 1 $bind | says "socket: ok" "bind: EACCES"
	done
	# Any port and port 1024 are none of these.
	jail 1 uid=1000 tcp4 bind=0.0.0.0,1024 | says "socket: ok" "bind: ok"
	jail 1 uid=1000 tcp4 bind=0.0.0.0,0 | says "socket: ok" "bind: ok"
	ctl prison "$cg/1" jid=1 ip4=$A ip6=$A6 reserved_ports
	jail 1 tcp4 bind=0.0.0.0,80 | says "socket: ok" "bind: ok"
	jail 1 uid=1000 tcp4 bind=0.0.0.0,80 | says "socket: ok" "bind: EACCES"
	# Root of a user namespace: only of that which is the jail's.
	mkdir "$cg/1/in"
	# The cgroup file is the host root's: enter first.
	sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec unshare -U -r "$@"' sh "$cg/1/in" \
	    "$GAOL_TOOLS/sockprobe" tcp4 bind=0.0.0.0,80 | says "socket: ok" "bind: EACCES"
	ctl prison "$cg/1" jid=1 ip4=$A ip6=$A6 reserved_ports userns=1
	sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec unshare -U -r "$@"' sh "$cg/1/in" \
	    "$GAOL_TOOLS/sockprobe" tcp4 bind=0.0.0.0,80 udp4 bind=127.0.0.1,53 name \
	    tcp6 bind=::,81 tcp6 bind=$A6,82 | says "socket: ok" "bind: ok" \
	    "socket: ok" "bind: ok" "name: $A 53" "socket: ok" "bind: ok" "socket: ok" "bind: ok"
	# Deeper, and without the capability.
	sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec unshare -U -r unshare -U -r "$@"' sh \
	    "$cg/1/in" "$GAOL_TOOLS/sockprobe" tcp4 bind=0.0.0.0,80 |
	    says "socket: ok" "bind: EACCES"
	sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec unshare -U -r setpriv --bounding-set \
	    -net_bind_service --inh-caps -net_bind_service "$@"' sh \
	    "$cg/1/in" "$GAOL_TOOLS/sockprobe" tcp4 bind=0.0.0.0,80 |
	    says "socket: ok" "bind: EACCES"
	# Inherited addresses change nothing about ports.
	ctl prison "$cg/1" jid=1 ip4=inherit
	jail 1 tcp4 bind=0.0.0.0,80 | says "socket: ok" "bind: EACCES"
	rmdir "$cg/1/in"
}

atf_test_case connect4
connect4_head() {
	atf_set descr "connect(): IPv4; loopback and any are the primary, the source is the jail's"
}
connect4_body() {
	setup ip4=$A
	for dst in 127.0.0.1 0.0.0.0 $A; do
		served 1 0.0.0.0 7000
		jail 1 tcp4 connect=$dst,7000 name peer |
		    says "socket: ok" "connect: ok" "name: $A" "peer: $A 7000"
		wait $server
		says "socket: ok" "bind: ok" "listen: ok" "accept: $A" "name: $A 7000" <served
	done
	# To another jail, to the host's own address, to the second machine: never the host's source.
	served 2 0.0.0.0 7000
	jail 1 tcp4 connect=$B,7000 name | says "socket: ok" "connect: ok" "name: $A"
	wait $server
	says "socket: ok" "bind: ok" "listen: ok" "accept: $A" "name: $B 7000" <served
	rm -f up
	other tcp4 bind=$PEER,7000 listen ready=up accept >served &
	await up
	jail 1 tcp4 connect=$PEER,7000 name | says "socket: ok" "connect: ok" "name: $A"
	wait $!
	says "socket: ok" "bind: ok" "listen: ok" "accept: $A" <served
	# The host's own connection, for comparison.
	rm -f up
	other tcp4 bind=$PEER,7000 listen ready=up accept >served &
	await up
	host tcp4 connect=$PEER,7000 name | says "socket: ok" "connect: ok" "name: $HOST"
	wait $!
	says "socket: ok" "bind: ok" "listen: ok" "accept: $HOST" <served
	jail 1 udp4 connect=$PEER,9 name peer |
	    says "socket: ok" "connect: ok" "name: $A" "peer: $PEER 9"
	jail 1 udp4 connect=127.0.0.1,9 name peer |
	    says "socket: ok" "connect: ok" "name: $A" "peer: $A 9"
	# Nobody listens.
	jail 1 tcp4 connect=127.0.0.1,7999 | says "socket: ok" "connect: ECONNREFUSED"
	# 127.0.0.1 in the list is the host's own.
	ctl addrs "$cg/1" ip4=$A,127.0.0.1
	host tcp4 bind=127.0.0.1,7000 listen ready=up2 accept >served &
	await up2
	jail 1 tcp4 connect=127.0.0.1,7000 name peer |
	    says "socket: ok" "connect: ok" "name: 127.0.0.1" "peer: 127.0.0.1 7000"
	wait $!
}

atf_test_case connect6
connect6_head() {
	atf_set descr "connect(): IPv6 and v4-mapped"
}
connect6_body() {
	setup ip4=$A ip6=$A6
	for dst in ::1 :: $A6; do
		rm -f up
		jail 1 tcp6 set=41,26,1 bind=::,7000 listen ready=up accept >served &
		await up
		jail 1 tcp6 connect=$dst,7000 name peer |
		    says "socket: ok" "connect: ok" "name: $A6" "peer: $A6 7000"
		wait $!
		says "socket: ok" "set: ok" "bind: ok" "listen: ok" "accept: $A6" <served
	done
	jail 1 udp6 connect=$HOST6,9 name | says "socket: ok" "connect: ok" "name: $A6"
	jail 1 udp6 connect=::ffff:$PEER,9 name | says "socket: ok" "connect: ok" "name: ::ffff:$A"
	for dst in ::ffff:127.0.0.1 ::ffff:0.0.0.0; do
		served 1 0.0.0.0 7000
		jail 1 tcp6 connect=$dst,7000 name peer |
		    says "socket: ok" "connect: ok" "name: ::ffff:$A" "peer: ::ffff:$A 7000"
		wait $server
	done
	# A socket bound to IPv4 means IPv4's loopback by `::`.
	served 1 0.0.0.0 7000
	jail 1 tcp6 bind=::,0 connect=::,7000 peer |
	    says "socket: ok" "bind: ok" "connect: ok" "peer: ::ffff:$A 7000"
	wait $server
	# Only IPv4: nothing but mapped addresses.
	ctl addrs "$cg/1" ip4=$A
	host udp6 connect=$HOST6,9 | says "socket: ok" "connect: ok"
	for s in tcp6 udp6; do
		jail 1 $s connect=$HOST6,9 | says "socket: ok" "connect: ENETUNREACH"
		jail 1 $s connect=::1,9 | says "socket: ok" "connect: ENETUNREACH"
	done
	jail 1 udp6 connect=::ffff:$PEER,9 name | says "socket: ok" "connect: ok" "name: ::ffff:$A"
	jail 1 udp6 connect=::,9 peer | says "socket: ok" "connect: ok" "peer: ::ffff:$A 9"
	# Only IPv6: nothing mapped.
	ctl addrs "$cg/1" ip6=$A6
	jail 1 tcp6 connect=::ffff:$PEER,9 connect=::ffff:127.0.0.1,9 |
	    says "socket: ok" "connect: EAFNOSUPPORT" "connect: EAFNOSUPPORT"
}

atf_test_case source_selection
source_selection_head() {
	atf_set descr "The source among several addresses, with and without saddrsel"
}
source_selection_body() {
	setup ip4=$A,10.8.0.5,127.0.0.9 ip6=$A6,fd00:8::5
	ip addr add 10.8.0.5/24 dev vtnet0
	ip -6 addr add fd00:8::5/64 dev vtnet0 nodad
	ip route add default via $PEER
	jail 1 udp4 connect=10.8.0.9,9 name udp4 connect=$PEER,9 name udp4 connect=172.16.0.1,9 name \
	    udp4 connect=127.0.0.9,9 name |
	    says "socket: ok" "connect: ok" "name: 10.8.0.5" "socket: ok" "connect: ok" "name: $A" \
	    "socket: ok" "connect: ok" "name: $A" "socket: ok" "connect: ok" "name: 127.0.0.9"
	jail 1 udp6 connect=fd00:8::9,9 name udp6 connect=$HOST6,9 name |
	    says "socket: ok" "connect: ok" "name: fd00:8::5" "socket: ok" "connect: ok" "name: $A6"
	# What is sent without connect obeys the same.
	host udp4 bind=10.8.0.5,7001 ready=up recv >out &
	await up
	jail 1 udp4 send=10.8.0.5,7001 >/dev/null
	wait $!
	says "socket: ok" "bind: ok" "recv: 10.8.0.5" <out
	ctl prison "$cg/1" jid=1 ip4=$A,10.8.0.5 ip6=$A6,fd00:8::5 nosaddrsel4 nosaddrsel6
	jail 1 udp4 connect=10.8.0.9,9 name udp6 connect=fd00:8::9,9 name |
	    says "socket: ok" "connect: ok" "name: $A" "socket: ok" "connect: ok" "name: $A6"
	ip route del default
	ip addr del 10.8.0.5/24 dev vtnet0
	ip -6 addr del fd00:8::5/64 dev vtnet0
}

atf_test_case sendmsg
sendmsg_head() {
	atf_set descr "sendto(): loopback is the primary, the source the jail's, a foreign one refused"
}
sendmsg_body() {
	setup ip4=$A,$A2 ip6=$A6,$A62
	for dst in 127.0.0.1 0.0.0.0 $A; do
		rm -f up
		jail 1 udp4 bind=0.0.0.0,7000 ready=up recv >out &
		await up
		jail 1 udp4 send=$dst,7000 | says "socket: ok" "send: ok"
		wait $!
		says "socket: ok" "bind: ok" "recv: $A" <out
	done
	for dst in ::1 :: $A6; do
		rm -f up
		jail 1 udp6 bind=$A6,7000 ready=up recv >out &
		await up
		jail 1 udp6 send=$dst,7000 | says "socket: ok" "send: ok"
		wait $!
		says "socket: ok" "bind: ok" "recv: $A6" <out
	done
	other udp4 bind=$PEER,7000 ready=peer4 recv recv recv recv recv >out4 &
	server=$!
	await peer4
	host udp4 send=$PEER,7000 >/dev/null
	jail 1 udp4 send=$PEER,7000 | says "socket: ok" "send: ok"
	jail 1 udp6 send=::ffff:$PEER,7000 | says "socket: ok" "send: ok"
	jail 1 udp4 bind=$A2,0 send=$PEER,7000 | says "socket: ok" "bind: ok" "send: ok"
	# Control messages: an own source yes, another's no, nor on a connected socket.
	host udp4 bind=$HOST,0 sendfrom=$B,$PEER,7009 | says "socket: ok" "bind: ok" "sendfrom: ok"
	jail 1 udp4 sendfrom=$A2,$PEER,7000 sendfrom=$B,$PEER,7000 sendfrom=$HOST,$PEER,7000 |
	    says "socket: ok" "sendfrom: ok" "sendfrom: EADDRNOTAVAIL" "sendfrom: EADDRNOTAVAIL"
	jail 1 udp4 connect=$PEER,7000 sendfrom=$B,- |
	    says "socket: ok" "connect: ok" "sendfrom: EADDRNOTAVAIL"
	wait $server
	says "socket: ok" "bind: ok" "recv: $HOST" "recv: $A" "recv: $A" "recv: $A2" "recv: $A2" \
	    <out4
	host udp6 sendfrom=$B6,$HOST6,7009 | says "socket: ok" "sendfrom: ok"
	jail 1 udp6 sendfrom=$A62,$HOST6,7009 sendfrom=$B6,$HOST6,7009 |
	    says "socket: ok" "sendfrom: ok" "sendfrom: EADDRNOTAVAIL"
	# Only IPv4: an IPv6 destination has no way.
	ctl addrs "$cg/1" ip4=$A
	jail 1 udp6 send=$HOST6,9 send=::1,9 send=::ffff:$PEER,9 |
	    says "socket: ok" "send: ENETUNREACH" "send: ENETUNREACH" "send: ok"
}

atf_test_case addresses_gone
addresses_gone_head() {
	atf_set descr "Addresses taken away from a running jail: new operations fail with FreeBSD's errno"
}
addresses_gone_body() {
	setup ip4=$A ip6=$A6
	jail 1 tcp4 ready=up wait=go bind=0.0.0.0,0 connect=$PEER,9 udp4 >out &
	one=$!
	jail 1 udp4 ready=up2 wait=go bind=$A,0 send=$PEER,9 >out2 &
	two=$!
	jail 1 udp4 bind=$A,0 ready=up3 wait=go send=$PEER,9 connect=$PEER,9 >out3 &
	three=$!
	await up
	await up2
	await up3
	ctl addrs "$cg/1"
	touch go
	wait $one $two $three
	says "socket: ok" "bind: EAFNOSUPPORT" "connect: EAFNOSUPPORT" \
	    "socket: EPROTONOSUPPORT" <out
	says "socket: ok" "bind: EAFNOSUPPORT" "send: EAFNOSUPPORT" <out2
	says "socket: ok" "bind: ok" "send: EAFNOSUPPORT" "connect: EAFNOSUPPORT" <out3
	# Another address instead: the old one's sockets send no more.
	rm -f go up
	ctl addrs "$cg/1" ip4=$A
	jail 1 udp4 bind=$A,0 ready=up wait=go send=$PEER,9 connect=$PEER,9 >out &
	one=$!
	await up
	ctl addrs "$cg/1" ip4=$A2
	touch go
	wait $one
	says "socket: ok" "bind: ok" "send: EADDRNOTAVAIL" "connect: EADDRNOTAVAIL" <out
}

users="bind4_several bind6 bind_inherit connect4 connect6 source_selection sendmsg addresses_gone"
as_user_too $users

atf_init_test_cases() {
	for case in sock_family sock_raw bind4 bind4_several bind6 bind_inherit ports \
	    connect4 connect6 source_selection sendmsg addresses_gone; do
		atf_add_test_case $case
	done
	for case in $users; do
		atf_add_test_case ${case}_user
	done
}
