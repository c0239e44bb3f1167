#!/usr/bin/env atf-sh
# Jails of several addresses, and loopbacks of their own.
# shellcheck disable=SC2086,SC2119 # lists of operations are words on purpose

. "$(dirname "$0")/env.subr"
. "$(dirname "$0")/bpf.subr"

#
# Several addresses.
#

# Connects from the second machine to each address and says who took it: listeners are told
# apart by the names that they have there.
reach() { # PORT ADDRESS...
	port=$1
	shift
	for a in "$@"; do
		s=tcp4
		case $a in *:*) s=tcp6 ;; esac
		other $s "connect=$a,$port" | sed -n "s/^connect/$a/p"
	done
}

atf_test_case several_tcp
several_tcp_head() {
	atf_set descr "A wildcard TCP listener serves all of the jail's addresses, nobody else's"
}
several_tcp_body() {
	setup ip4=$A,$A2 ip6=$A6,$A62
	for row in "tcp4 0.0.0.0 7001 $A $A2" "tcp6 :: 7002 $A $A2 $A6 $A62"; do
		set -- $row
		s=$1 any=$2 port=$3
		shift 3
		rm -f up
		jail 1 $s "bind=$any,$port" listen name ready=up wait=end >served &
		server=$!
		await up
		for a in "$@"; do
			reach "$port" "$a" | says "$a: ok"
		done
		reach "$port" $HOST $B | says "$HOST: ECONNREFUSED" "$B: ECONNREFUSED"
		# From inside and from another jail too.
		jail 1 tcp4 "connect=$A2,$port" peer | says "socket: ok" "connect: ok" "peer: $A2 $port"
		jail 2 tcp4 "connect=$A2,$port" name | says "socket: ok" "connect: ok" "name: $B"
		touch end
		wait $server
		rm end
		says "socket: ok" "bind: ok" "listen: ok" "name: $any $port" <served
	done
	# Which address was used is what the accepted socket says.
	rm -f up
	jail 1 tcp6 bind=::,7003 listen ready=up accept name >served &
	server=$!
	await up
	other tcp6 connect=$A62,7003 >/dev/null
	wait $server
	says "socket: ok" "bind: ok" "listen: ok" "accept: 2001:db8:1::2" "name: $A62 7003" <served
	# V6ONLY: the second IPv6 address, no IPv4.
	rm -f up
	jail 1 tcp6 set=41,26,1 bind=::,7004 listen ready=up wait=end >/dev/null &
	server=$!
	await up
	reach 7004 $A6 $A62 $A | says "$A6: ok" "$A62: ok" "$A: ECONNREFUSED"
	touch end
	wait $server
	# Closed: nobody.
	reach 7004 $A62 | says "$A62: ECONNREFUSED"
}

atf_test_case several_exact
several_exact_head() {
	atf_set descr "A listener bound to just that address comes before the wildcard, whoever was first"
}
several_exact_body() {
	setup ip4=$A,$A2
	for first in wild exact; do
		rm -f up*
		if [ $first = wild ]; then
			jail 1 tcp4 set=1,2,1 bind=0.0.0.0,7000 listen ready=up accept name >wild &
			wild=$!
			await up
		fi
		jail 1 tcp4 set=1,2,1 bind=$A2,7000 listen ready=up2 accept name >exact &
		exact=$!
		await up2
		if [ $first = exact ]; then
			jail 1 tcp4 set=1,2,1 bind=0.0.0.0,7000 listen ready=up accept name >wild &
			wild=$!
			await up
		fi
		reach 7000 $A2 | says "$A2: ok"
		wait $exact
		says "socket: ok" "set: ok" "bind: ok" "listen: ok" "accept: $PEER" \
		    "name: $A2 7000" <exact
		# The exact one is gone: the wildcard serves.
		reach 7000 $A2 | says "$A2: ok"
		wait $wild
		says "socket: ok" "set: ok" "bind: ok" "listen: ok" "accept: $PEER" \
		    "name: $A2 7000" <wild
	done
}

atf_test_case several_changes
several_changes_head() {
	atf_set descr "Addresses added and removed while a wildcard listens; twelve listeners on one port"
}
several_changes_body() {
	setup ip4=$A,$A2
	jail 1 tcp4 bind=0.0.0.0,7000 listen ready=up wait=end >/dev/null &
	server=$!
	await up
	reach 7000 $A2 | says "$A2: ok"
	ctl addrs "$cg/1" ip4=$A
	reach 7000 $A $A2 | says "$A: ok" "$A2: ECONNREFUSED"
	ctl addrs "$cg/1" ip4=$A,$A2
	reach 7000 $A2 | says "$A2: ok"
	ctl del "$cg/1"
	reach 7000 $A2 | says "$A2: ECONNREFUSED"
	touch end
	wait $server
	rm -f up end
	ctl prison "$cg/1" jid=1 ip4=$A,$A2
	# SO_REUSEPORT, more than there are slots: while one is left, the address is served.
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		jail 1 tcp4 set=1,15,1 bind=0.0.0.0,7001 listen ready=up$i wait=end$i >/dev/null &
		await up$i
	done
	last=$!
	for i in 1 2 3 4 5 6 7 8 9 10 11; do
		touch end$i
	done
	listeners_are() {
		[ "$(ss -Hltn | wc -l)" = "$1" ]
	}
	wait_for 10 listeners_are 1
	reach 7001 $A2 | says "$A2: ok"
	touch end12
	wait $last
}

#
# A loopback of its own.
#

private() { # jails 1 and 2, each with a loopback of its own
	setup ip4=$A ip6=$A6 loop_private loop4=127.64.0.1 loop6=fd67:616f:6c00::1
	ctl prison "$cg/2" jid=2 ip4=$B ip6=$B6 loop_private loop4=127.64.0.2 \
	    loop6=fd67:616f:6c00::2
	for n in 1 2; do
		ip -6 addr add fd67:616f:6c00::$n/128 dev lo nodad
	done
	gaol_snapshot
}

atf_test_case loopback_tcp
loopback_tcp_head() {
	atf_set descr "gaol.loopback=private: three services at one port of 127.0.0.1 and ::1"
}
loopback_tcp_body() {
	private
	for a in 127.0.0.1 ::1; do
		s=tcp4
		[ $a = 127.0.0.1 ] || s=tcp6
		rm -f up*
		jail 1 $s bind=$a,7000 name listen ready=up1 accept name peer >one &
		one=$!
		jail 2 $s bind=$a,7000 name listen ready=up2 accept name >two &
		two=$!
		host $s bind=$a,7000 listen ready=up3 accept >three &
		three=$!
		await up1
		await up2
		await up3
		jail 1 $s connect=$a,7000 name peer |
		    says "socket: ok" "connect: ok" "name: $a" "peer: $a 7000"
		wait $one
		says "socket: ok" "bind: ok" "name: $a 7000" "listen: ok" "accept: $a" \
		    "name: $a 7000" "peer: $a" <one
		# Nobody there now: not the host's, not the other jail's.
		jail 1 $s connect=$a,7000 | says "socket: ok" "connect: ECONNREFUSED"
		jail 2 $s connect=$a,7000 | says "socket: ok" "connect: ok"
		wait $two
		host $s connect=$a,7000 | says "socket: ok" "connect: ok"
		wait $three
	done
	# The host knows the stand-in; another jail does not reach it, whatever its own loopback is.
	rm -f up
	jail 1 tcp4 bind=127.0.0.1,7001 listen ready=up accept >one &
	one=$!
	await up
	jail 2 tcp4 connect=127.64.0.1,7001 connect=127.0.0.1,7001 |
	    says "socket: ok" "connect: ECONNREFUSED" "connect: ECONNREFUSED"
	for more in ip6=$B6 "ip4=inherit ip6=inherit"; do
		ctl prison "$cg/2" jid=2 ip4=$B $more
		jail 2 tcp4 connect=127.64.0.1,7001 tcp6 connect=fd67:616f:6c00::1,7001 \
		    udp4 send=127.64.0.1,7001 udp6 connect=::ffff:127.64.0.1,7001 |
		    says "socket: ok" "connect: ECONNREFUSED" "socket: ok" "connect: ECONNREFUSED" \
		    "socket: ok" "send: ECONNREFUSED" "socket: ok" "connect: ECONNREFUSED"
	done
	host tcp4 connect=127.64.0.1,7001 | says "socket: ok" "connect: ok"
	wait $one
	says "socket: ok" "bind: ok" "listen: ok" "accept: 127.0.0.1" <one
}

atf_test_case loopback_fallback
loopback_fallback_head() {
	atf_set descr "gaol.loopback=private: 127.0.0.1 reaches a server on the any-address"
}
loopback_fallback_body() {
	private
	port=7100
	for row in "tcp4 0.0.0.0 127.0.0.1 $A" "tcp6 :: ::ffff:127.0.0.1 ::ffff:$A" \
	    "tcp6 $A6 ::1 $A6"; do
		# shellcheck disable=SC2046
		set -- $row
		rm -f up
		# The last one's connection still holds its port.
		port=$((port + 1))
		jail 1 $1 bind=$2,$port listen ready=up accept >served &
		server=$!
		await up
		jail 1 $1 connect=$3,$port name peer |
		    says "socket: ok" "connect: ok" "name: $4" "peer: $4 $port"
		wait $server
		says "socket: ok" "bind: ok" "listen: ok" "accept: $4" <served
	done
	# The exact one wins.
	rm -f up up2
	jail 1 tcp4 bind=0.0.0.0,7000 listen ready=up accept >any &
	any=$!
	jail 1 tcp4 bind=127.0.0.1,7000 listen ready=up2 accept >exact &
	exact=$!
	await up
	await up2
	jail 1 tcp4 connect=127.0.0.1,7000 peer |
	    says "socket: ok" "connect: ok" "peer: 127.0.0.1 7000"
	wait $exact
	jail 1 tcp4 connect=127.0.0.1,7000 peer | says "socket: ok" "connect: ok" "peer: $A 7000"
	wait $any
}

atf_test_case loopback_udp
loopback_udp_head() {
	atf_set descr "gaol.loopback=private: questions and answers by UDP, connected and not"
}
loopback_udp_body() {
	private
	for a in 127.0.0.1 ::1; do
		s=udp4
		own=$A
		any=0.0.0.0
		[ $a = 127.0.0.1 ] || {
			s=udp6
			own=$A6
			any=$A6
		}
		rm -f up
		jail 1 $s bind=$a,7000 ready=up echo echo echo >served &
		server=$!
		await up
		jail 1 $s send=$a,7000 recv | says "socket: ok" "send: ok" "recv: $a 7000"
		jail 1 $s connect=$a,7000 name write recv |
		    says "socket: ok" "connect: ok" "name: $a" "write: ok" "recv: $a 7000"
		jail 1 $s bind=$a,7002 send=$a,7000 recv |
		    says "socket: ok" "bind: ok" "send: ok" "recv: $a 7000"
		wait $server
		says "socket: ok" "bind: ok" "echo: $a" "echo: $a" "echo: $a 7002" <served
		# A server on the any-address.
		rm -f up
		jail 1 $s bind=$any,7000 ready=up echo echo >served &
		server=$!
		await up
		jail 1 $s send=$a,7000 recv | says "socket: ok" "send: ok" "recv: $own 7000"
		jail 1 $s bind=$a,7002 send=$a,7000 recv |
		    says "socket: ok" "bind: ok" "send: ok" "recv: $own 7000"
		wait $server
		says "socket: ok" "bind: ok" "echo: $own" "echo: $a 7002" <served
	done
}

atf_test_case loopback_closed
loopback_closed_head() {
	atf_set descr "gaol.loopback=private: 127/8 is closed, but for what jails list"
}
loopback_closed_body() {
	private
	listed() {
		bpftool map dump pinned "/run/jail/.bpf/v2-$(stat -c %i "$cg")/gaol2_listed" -j |
		    tr '{' '\n' | grep -c '"key":\[' || :
	}
	host tcp4 bind=127.0.0.53,7000 listen ready=up accept >served &
	server=$!
	await up
	jail 1 tcp4 connect=127.0.0.53,7000 connect=127.0.0.2,7000 udp4 send=127.0.0.53,7000 \
	    connect=127.0.0.53,7000 tcp6 connect=::ffff:127.0.0.53,7000 |
	    says "socket: ok" "connect: ECONNREFUSED" "connect: ECONNREFUSED" "socket: ok" \
	    "send: ECONNREFUSED" "connect: ECONNREFUSED" "socket: ok" "connect: ECONNREFUSED"
	host tcp4 connect=127.0.0.53,7000 | says "socket: ok" "connect: ok"
	wait $server
	# What another jail lists is an address like any; so is what the jail lists itself.
	ctl prison "$cg/2" jid=2 ip4=127.0.2.2 loop_private loop4=127.64.0.2
	served 2 0.0.0.0 7000
	jail 1 tcp4 connect=127.0.2.2,7000 name | says "socket: ok" "connect: ok" "name: $A"
	wait $server
	says "socket: ok" "bind: ok" "listen: ok" "accept: $A" "name: 127.0.2.2 7000" <served
	ctl addrs "$cg/1" ip4=127.0.2.1,$A
	served 2 0.0.0.0 7000
	jail 1 tcp4 connect=127.0.2.2,7000 name | says "socket: ok" "connect: ok" "name: 127.0.2.1"
	wait $server
	atf_check_equal 2 "$(listed)"
	# Two jails with one address: it stays while one of them has it.
	ctl prison "$cg/1" jid=1 ip4=127.0.2.2 loop_private loop4=127.64.0.1
	atf_check_equal 1 "$(listed)"
	mkdir "$cg/3"
	ctl prison "$cg/3" jid=3 ip4=$A2 loop_private loop4=127.64.0.3
	jail 3 udp4 connect=127.0.2.2,9 | says "socket: ok" "connect: ok"
	ctl del "$cg/2"
	jail 3 udp4 connect=127.0.2.2,9 | says "socket: ok" "connect: ok"
	ctl addrs "$cg/1" ip4=$A
	jail 3 udp4 connect=127.0.2.2,9 | says "socket: ok" "connect: ECONNREFUSED"
	atf_check_equal 0 "$(listed)"
	rmdir "$cg/3"
}

atf_init_test_cases() {
	for case in several_tcp several_exact several_changes loopback_tcp \
	    loopback_fallback loopback_udp loopback_closed; do
		atf_add_test_case $case
	done
}
