#!/usr/bin/env atf-sh
# gaol.ports=shared: wildcard TCP listeners of jails and of the host on the same port.
# shellcheck disable=SC2086,SC2119 # lists of operations are words on purpose

. "$(dirname "$0")/env.subr"
. "$(dirname "$0")/bpf.subr"

shared() { # jails 1 and 2, each with a loopback of its own
	setup ip4=$A ip6=$A6 loop_private ports_shared loop4=127.64.0.1 loop6=fd67:616f:6c00::1
	ctl prison "$cg/2" jid=2 ip4=$B loop_private ports_shared loop4=127.64.0.2 \
	    loop6=fd67:616f:6c00::2
	for n in 1 2; do
		ip -6 addr add fd67:616f:6c00::$n/128 dev lo nodad
	done
	gaol_snapshot
}

# Listens until close_server.
serve() { # NAME COMMAND-WORDS...
	me=$1
	shift
	rm -f up$me
	"$@" listen ready=up$me wait=end$me >/dev/null &
	eval "server$me=$!"
	await up$me
}

close_server() { # NAME
	touch end$1
	eval "wait \$server$1"
	rm -f end$1
}

atf_test_case beside
beside_head() {
	atf_set descr "a jail's wildcard and the host's on one port, whichever came first"
}
beside_body() {
	shared
	# Without it: whoever comes second is refused.
	ctl prison "$cg/2" jid=2 ip4=$B loop_private loop4=127.64.0.2
	serve h host tcp4 bind=0.0.0.0,7000
	jail 2 tcp4 bind=0.0.0.0,7000 | says "socket: ok" "bind: EADDRINUSE"
	close_server h
	serve j jail 2 tcp4 bind=0.0.0.0,7000
	host tcp4 bind=0.0.0.0,7000 | says "socket: ok" "bind: EADDRINUSE"
	close_server j
	# With it: both, and each gets what is meant for it.
	for first in host jail; do
		for row in "tcp4 0.0.0.0 $A $HOST" "tcp6 :: $A6 $HOST6" "tcp6v :: $A6 $HOST6"; do
			set -- $row
			sock=$1 any=$2 jails=$3 hosts=$4
			[ $sock != tcp6v ] || sock="tcp6 set=41,26,1"
			s=tcp6
			[ $any = :: ] || s=tcp4
			rm -f up1 up2
			one="jail 1 $sock bind=$any,7001 name listen ready=up1 accept name peer"
			two="host $sock bind=$any,7001 listen ready=up2 accept name"
			if [ $first = jail ]; then
				$one >jail.out &
				jail_pid=$!
				await up1
			fi
			$two >host.out &
			host_pid=$!
			await up2
			if [ $first = host ]; then
				$one >jail.out &
				jail_pid=$!
				await up1
			fi
			other $s connect=$jails,7001 peer |
			    says "socket: ok" "connect: ok" "peer: $jails 7001"
			other $s connect=$hosts,7001 peer |
			    says "socket: ok" "connect: ok" "peer: $hosts 7001"
			wait $jail_pid
			wait $host_pid
			them=$PEER
			[ $any = 0.0.0.0 ] || them=2001:db8:1::2
			grep -v '^set' jail.out | says "socket: ok" "bind: ok" "name: $any 7001" \
			    "listen: ok" "accept: $them" "name: $jails 7001" "peer: $them"
			tail -n 1 host.out | says "name: $hosts 7001"
		done
	done
	# A dual one serves IPv4 as well.
	rm -f up1
	jail 1 tcp6 bind=::,7002 listen ready=up1 accept name >jail.out &
	jail_pid=$!
	await up1
	other tcp4 connect=$A,7002 | says "socket: ok" "connect: ok"
	wait $jail_pid
	tail -n 1 jail.out | says "name: ::ffff:$A 7002"
	# Nobody of the jail listens any more: what comes to its address is the host's wildcard's.
	serve h host tcp4 bind=0.0.0.0,7001
	other tcp4 connect=$A,7001 | says "socket: ok" "connect: ok"
	close_server h
}

atf_test_case two_jails
two_jails_head() {
	atf_set descr "two jails and the host on one port; each jail's own loopback reaches its own"
}
two_jails_body() {
	shared
	serve h host tcp6 bind=::,7010
	# 127.0.0.1 and ::1 are the jail's own, and look like it on both sides.
	for row in "2 tcp4 0.0.0.0 1 $A 192.168.1.21 $A $B" \
	    "1 tcp4 0.0.0.0 1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1" \
	    "1 tcp6 :: 1 ::1 ::1 ::1 ::1"; do
		set -- $row
		rm -f up1 up2
		jail 1 $2 bind=$3,7010 listen ready=up1 accept name peer >one &
		one=$!
		jail 2 $2 bind=$3,7010 listen ready=up2 >/dev/null &
		two=$!
		await up1
		await up2
		wait $two
		jail $1 $2 connect=$5,7010 name peer |
		    says "socket: ok" "connect: ok" "name: $8" "peer: $5 7010"
		wait $one
		says "socket: ok" "bind: ok" "listen: ok" "accept: $6" "name: $7 7010" "peer: $6" <one
	done
	# A dual one, by IPv4's.
	rm -f up1
	jail 1 tcp6 bind=::,7010 listen ready=up1 accept name >one &
	one=$!
	await up1
	jail 1 tcp4 connect=127.0.0.1,7010 peer |
	    says "socket: ok" "connect: ok" "peer: 127.0.0.1 7010"
	wait $one
	says "socket: ok" "bind: ok" "listen: ok" "accept: ::ffff:127.0.0.1" \
	    "name: ::ffff:127.0.0.1 7010" <one
	close_server h
}

atf_test_case differs
differs_head() {
	atf_set descr "what the side by side takes from programs inside, and what it does not"
}
differs_body() {
	shared
	# A second listener in the same jail is refused as ever.
	serve j jail 1 tcp4 bind=0.0.0.0,7020
	jail 1 tcp4 bind=0.0.0.0,7020 | says "socket: ok" "bind: EADDRINUSE"
	jail 1 tcp6 bind=::,7020 | says "socket: ok" "bind: EADDRINUSE"
	# V6ONLY is another port.
	jail 1 tcp6 set=41,26,1 bind=::,7020 | says "socket: ok" "set: ok" "bind: ok"
	# One bound to just an address comes first, and the wildcard again when it is gone.
	rm -f up1
	jail 1 tcp4 bind=$A,7020 listen ready=up1 accept name >exact &
	exact=$!
	await up1
	other tcp4 connect=$A,7020 | says "socket: ok" "connect: ok"
	wait $exact
	says "socket: ok" "bind: ok" "listen: ok" "accept: $PEER" "name: $A 7020" <exact
	other tcp4 connect=$A,7020 | says "socket: ok" "connect: ok"
	close_server j
	other tcp4 connect=$A,7020 | says "socket: ok" "connect: ECONNREFUSED"
	# The host's, if it comes later, is not reached.
	serve j jail 1 tcp4 bind=0.0.0.0,7018
	serve h host tcp4 bind=$A,7018
	close_server j
	other tcp4 connect=$A,7018 | says "socket: ok" "connect: ok"
	serve j jail 1 tcp4 bind=0.0.0.0,7027
	rm -f up1
	host tcp4 bind=$A,7027 listen ready=up1 wait=end1 pending >late &
	late=$!
	await up1
	other tcp4 connect=$A,7027 | says "socket: ok" "connect: ok"
	touch end1
	wait $late
	says "socket: ok" "bind: ok" "listen: ok" "pending: no" <late
	close_server j
	close_server h
	# Not of another user, though: he would take what comes to the first one.
	chmod 777 .
	serve j jail 1 uid=1000 tcp4 bind=0.0.0.0,7020
	for to in $A 127.0.0.1; do
		jail 1 uid=1001 tcp4 bind=$to,7020 | says "socket: ok" "bind: EADDRINUSE"
		jail 1 uid=1000 tcp4 bind=$to,7020 | says "socket: ok" "bind: ok"
		jail 1 tcp4 bind=$to,7020 | says "socket: ok" "bind: ok"
	done
	jail 1 uid=1001 tcp6 bind=::ffff:$A,7020 | says "socket: ok" "bind: EADDRINUSE"
	close_server j
	# Where somebody is at just the primary address, a wildcard is refused, as ever on Linux; the
	# host's own server there cannot be covered.
	for who in host "jail 1"; do
		serve e $who tcp4 bind=$A,7020
		jail 1 tcp4 bind=0.0.0.0,7020 | says "socket: ok" "bind: EADDRINUSE"
		jail 1 tcp6 bind=::,7020 | says "socket: ok" "bind: EADDRINUSE"
		close_server e
	done
	# A second bind(2) is refused, and changes nothing.
	jail 1 tcp4 bind=$A,7020 bind=0.0.0.0,7019 name |
	    says "socket: ok" "bind: ok" "bind: EINVAL" "name: $A 7020"
	rm -f up1
	jail 1 tcp4 bind=$A,7020 bind=0.0.0.0,7019 listen ready=up1 accept >exact &
	exact=$!
	await up1
	other tcp4 connect=$A,7019 | says "socket: ok" "connect: ECONNREFUSED"
	other tcp4 connect=$A,7020 | says "socket: ok" "connect: ok"
	wait $exact
	# A client that chooses its own port does not set SO_REUSEADDR: nothing changes for it.
	serve p other tcp4 bind=$PEER,7021
	jail 1 socket=inet,stream,0 bind=0.0.0.0,7022 name connect=$PEER,7021 name |
	    says "socket: ok" "bind: ok" "name: $A 7022" "connect: ok" "name: $A 7022"
	# One that does cannot connect to another machine.
	jail 1 tcp4 bind=0.0.0.0,7023 name connect=$PEER,7021 |
	    says "socket: ok" "bind: ok" "name: 0.0.0.0 7023" "connect: EINVAL"
	close_server p
	# Without SO_REUSEADDR a server is lifted if the host is there first, and only then.
	serve h host tcp4 bind=0.0.0.0,7024
	jail 1 socket=inet,stream,0 bind=0.0.0.0,7024 name |
	    says "socket: ok" "bind: ok" "name: 0.0.0.0 7024"
	close_server h
	# SO_REUSEPORT groups are the kernel's to balance.
	jail 1 tcp4 set=1,15,1 bind=0.0.0.0,7025 name |
	    says "socket: ok" "set: ok" "bind: ok" "name: $A 7025"
	# Port 0 and UDP are as they are.
	jail 1 udp4 bind=0.0.0.0,7026 name | says "socket: ok" "bind: ok" "name: $A 7026"
}

atf_test_case sharing
sharing_head() {
	atf_set descr "jails that share an address: both serve it, at different ports"
}
sharing_body() {
	shared
	ctl prison "$cg/2" jid=2 ip4=$A loop_private ports_shared loop4=127.64.0.2
	serve 1 jail 1 tcp4 bind=0.0.0.0,7030
	serve 2 jail 2 tcp4 bind=0.0.0.0,7031
	for port in 7030 7031; do
		other tcp4 connect=$A,$port | says "socket: ok" "connect: ok"
	done
	# Nobody takes the other's.
	for to in 0.0.0.0 $A; do
		jail 2 tcp4 bind=$to,7030 | says "socket: ok" "bind: EADDRINUSE"
		jail 1 tcp4 bind=$to,7031 | says "socket: ok" "bind: EADDRINUSE"
	done
	jail 2 tcp6 bind=::,7030 | says "socket: ok" "bind: EADDRINUSE"
	jail 2 tcp4 bind=0.0.0.0,7031 name | says "socket: ok" "bind: EADDRINUSE" "name: 0.0.0.0"
	close_server 1
	close_server 2
	# The first is gone, killed: its address is the next one's.
	ctl del "$cg/1"
	ctl prison "$cg/2" jid=2 ip4=$A loop_private ports_shared loop4=127.64.0.2
	serve h host tcp4 bind=0.0.0.0,7032
	serve 2 jail 2 tcp4 bind=0.0.0.0,7032
	other tcp4 connect=$A,7032 | says "socket: ok" "connect: ok"
	close_server 2
	close_server h
}

atf_test_case fastopen
fastopen_head() {
	atf_set descr "TCP fast open: data in the SYN, to a wildcard and from a jail"
}
fastopen_body() {
	setup ip4=$A,$A2 ip6=$A6 loop_private ports_shared loop4=127.64.0.1 loop6=$LOOP6
	sysctl -qw net.ipv4.tcp_fastopen=3
	peer sysctl -qw net.ipv4.tcp_fastopen=3
	seen() { # data in a SYN that was taken, in this namespace
		awk '/^TcpExt:/ && !at {
			for (i = 1; i <= NF; i++)
				if ($i == "TCPFastOpenPassive")
					at = i
			next
		}
		/^TcpExt:/ { print $at }' /proc/net/netstat
	}
	opened() { # SEEN-AS TO WHO...: by the server as accept's peer and its own address
		as_peer=$1 to=$2
		shift 2
		rm -f up
		jail 1 tcp6 set=6,23,8 bind=::,7000 listen ready=up accept name >served &
		server=$!
		await up
		s=tcp4
		case $to in 2001:*) s=tcp6 ;; esac
		"$@" $s fastopen=$to,7000 | says "socket: ok" "fastopen: ok"
		wait $server
		case $to in 2001:*) ;; *) to=::ffff:$to ;; esac
		says "socket: ok" "set: ok" "bind: ok" "listen: ok" "accept: $as_peer" \
		    "name: $to 7000" <served
	}
	# The first brings the cookie, the second the data in its SYN.
	for own in $A $A2; do
		opened ::ffff:$PEER $own other
		opened ::ffff:$PEER $own other
		opened ::ffff:$B $own jail 2
		opened ::ffff:$B $own jail 2
	done
	opened $PEER6 $A6 other
	opened $PEER6 $A6 other
	[ "$(seen)" -ge 5 ] || atf_fail "no data in a SYN: $(seen)"
	# It is a connect all the same.
	host tcp4 bind=127.0.0.53,7001 listen ready=up2 accept >hosts &
	hosts=$!
	await up2
	jail 1 tcp4 fastopen=127.0.0.53,7001 | says "socket: ok" "fastopen: ECONNREFUSED"
	host tcp4 fastopen=127.0.0.53,7001 | says "socket: ok" "fastopen: ok"
	wait $hosts
}

atf_init_test_cases() {
	for case in beside two_jails differs sharing fastopen; do
		atf_add_test_case $case
	done
}
