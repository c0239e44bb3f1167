#!/usr/bin/env atf-sh
# Servers of UDP on the any-address, in jails that have more than one address.
# shellcheck disable=SC2086,SC2119 # lists of operations are words on purpose

. "$(dirname "$0")/env.subr"
. "$(dirname "$0")/bpf.subr"

# A server that answers N times; what it saw is in served.
serve() { # N-TIMES JAIL SOCKET OPERATION...
	times=$1 n=$2
	shift 2
	echoes=
	while [ "$times" -gt 0 ]; do
		echoes="$echoes echo"
		times=$((times - 1))
	done
	rm -f up
	jail "$n" "$@" ready=up $echoes ${hold:+wait=$hold} >served &
	server=$!
	await up
}

ask() { # WHO... ADDRESS PORT: by a socket that is connected, then by one that is not
	who=
	while [ $# -gt 2 ]; do
		who="$who $1"
		shift
	done
	s=udp4
	case $1 in *:*) s=udp6 ;; esac
	$who $s connect=$1,$2 write recv | says "socket: ok" "connect: ok" "write: ok" "recv: $1 $2"
	$who $s send=$1,$2 recv | says "socket: ok" "send: ok" "recv: $1 $2"
}

unanswered() { # ADDRESS PORT
	s=udp4
	case $1 in *:*) s=udp6 ;; esac
	other $s connect=$1,$2 write recv |
	    says "socket: ok" "connect: ok" "write: ok" "recv: ECONNREFUSED"
}

# A filter of somebody else's: classic BPF, "ret 0xffffffff".
PASS="1,6 0 0 4294967295"

filters() {
	for dev in lo vtnet0; do
		tc filter show dev $dev ingress | sed -n "s/.* gaol_udp\..*/$dev/p"
	done
}

atf_test_case wild
wild_head() {
	atf_set descr "A server on the any-address hears all of the jail's addresses and answers from the one that was asked"
}
wild_body() {
	setup ip4=$A,$A2 ip6=$A6,$A62
	# So it is on the host, but for the answers.
	rm -f up
	host udp4 bind=0.0.0.0,7000 ready=up recv >served &
	server=$!
	await up
	other udp4 send=$A2,7000 >/dev/null
	wait $server
	says "socket: ok" "bind: ok" "recv: $PEER" <served
	# Without the program the server hears its first address.
	serve 2 1 udp4 bind=0.0.0.0,7000 name
	unanswered $A2 7000
	ask other $A 7000
	wait $server
	ctl udp || atf_fail "not attached"
	serve 12 1 udp4 bind=0.0.0.0,7000 name
	ask other $A2 7000
	ask other $A 7000
	ask host $A2 7000
	ask host $A 7000
	ask jail 2 $A2 7000
	ask jail 1 $A2 7000
	wait $server
	says "socket: ok" "bind: ok" "name: 0.0.0.0 7000" "echo: $PEER" "echo: $PEER" "echo: $PEER" \
	    "echo: $PEER" "echo: $A2" "echo: $A2" "echo: $A" "echo: $A" "echo: $B" "echo: $B" \
	    "echo: $A2" "echo: $A2" <served
}

atf_test_case dual
dual_head() {
	atf_set descr "A server on :: hears both families, one that is V6ONLY all of IPv6"
}
dual_body() {
	setup ip4=$A,$A2 ip6=$A6,$A62
	ctl udp || atf_fail "not attached"
	serve 8 1 udp6 bind=::,7000 name
	ask other $A6 7000
	ask other $A62 7000
	ask other $A 7000
	ask other $A2 7000
	wait $server
	says "socket: ok" "bind: ok" "name: :: 7000" "echo: $PEER6" "echo: $PEER6" "echo: $PEER6" \
	    "echo: $PEER6" "echo: ::ffff:$PEER" "echo: ::ffff:$PEER" "echo: ::ffff:$PEER" \
	    "echo: ::ffff:$PEER" <served
	serve 4 1 udp6 set=41,26,1 bind=::,7000 name
	ask other $A6 7000
	ask other $A62 7000
	unanswered $A2 7000
	wait $server
	# As the kernel has it bound to IPv4.
	jail 1 udp6 bind=::,7001 connect=$PEER6,9 |
	    says "socket: ok" "bind: ok" "connect: EADDRNOTAVAIL"
	# One address of each family.
	ctl prison "$cg/1" jid=1 ip4=$A ip6=$A6 || atf_fail "no jail 1"
	serve 4 1 udp6 bind=::,7000 name
	ask other $A6 7000
	ask jail 2 $A 7000
	wait $server
	# With a loopback of its own, by which it is asked too.
	ctl prison "$cg/1" jid=1 ip4=$A ip6=$A6 loop_private ports_shared loop4=127.64.0.1 \
	    loop6=$LOOP6
	ip -6 addr add $LOOP6/128 dev lo nodad
	serve 6 1 udp6 bind=::,7000 name
	ask other $A6 7000
	jail 1 udp6 send=::1,7000 recv | says "socket: ok" "send: ok" "recv: $A6 7000"
	jail 1 udp4 send=127.0.0.1,7000 recv | says "socket: ok" "send: ok" "recv: $A 7000"
	ask other $A 7000
	wait $server
	ip -6 addr del $LOOP6/128 dev lo
}

atf_test_case fragments
fragments_head() {
	atf_set descr "Datagrams in fragments: by the kernel alone, to the primary"
}
fragments_body() {
	setup ip4=$A,$A2
	ctl udp || atf_fail "not attached"
	big() { # ADDRESS SIZE
		peer bash -c "head -c $2 /dev/zero >/dev/udp/$1/7000"
	}
	rm -f up
	jail 1 udp4 bind=0.0.0.0,7000 ready=up wait=go recv recv pending >served &
	server=$!
	await up
	big $A2 1400
	big $A2 3000
	big $A 3000
	sleep 0.2
	touch go
	wait $server
	says "socket: ok" "bind: ok" "recv: $PEER" "recv: $PEER" "pending: no" <served
}

atf_test_case exact
exact_head() {
	atf_set descr "A socket that is bound to just that address comes first, and nobody else's is touched"
}
exact_body() {
	setup ip4=$A,$A2 ip6=$A6,$A62
	ctl udp || atf_fail "not attached"
	rm -f up2
	jail 1 udp4 bind=$A2,7000 ready=up2 wait=go recv >exact &
	exact=$!
	await up2
	serve 4 1 udp4 bind=0.0.0.0,7000
	old=$server
	other udp4 send=$A2,7000 | says "socket: ok" "send: ok"
	touch go
	wait $exact
	says "socket: ok" "bind: ok" "recv: $PEER" <exact
	# The server's user, or root, takes one address from it; nobody else does.
	chmod 0777 .
	as=1000
	hold=end5 serve 0 1 udp4 bind=0.0.0.0,7005
	one=$server
	jail 1 udp4 bind=$A2,7005 | says "socket: ok" "bind: ok"
	as=1001
	host udp4 bind=$A2,7006 | says "socket: ok" "bind: ok"
	jail 1 udp4 bind=$A2,7006 udp4 bind=$A2,7005 udp6 bind=::ffff:$A2,7005 |
	    says "socket: ok" "bind: ok" "socket: ok" "bind: EADDRINUSE" "socket: ok" \
	    "bind: EADDRINUSE"
	as=
	# Neither does a jail that shares the address.
	ctl prison "$cg/2" jid=2 ip4=$B,$A2 ip6=$B6
	jail 2 udp4 bind=$A2,7005 | says "socket: ok" "bind: EADDRINUSE"
	ctl prison "$cg/2" jid=2 ip4=$B ip6=$B6
	touch end5
	wait $one
	server=$old
	# Closed: the server hears it again.
	ask other $A2 7000
	# Others' addresses are not the server's, a server of the host and of jail 2 their own.
	unanswered $B 7000
	unanswered $HOST 7000
	rm -f up2 up3
	jail 2 udp4 bind=0.0.0.0,7000 ready=up2 echo >two &
	two=$!
	host udp4 bind=$HOST,7000 ready=up3 echo >host &
	host=$!
	await up2
	await up3
	other udp4 send=$B,7000 recv | says "socket: ok" "send: ok" "recv: $B 7000"
	other udp4 send=$HOST,7000 recv | says "socket: ok" "send: ok" "recv: $HOST 7000"
	wait $two $host
	# A socket that is connected hears its peer only, at its own address.
	rm -f up2
	jail 1 udp4 bind=0.0.0.0,7001 connect=$PEER,7001 ready=up2 wait=go2 pending name >connected &
	connected=$!
	await up2
	other udp4 bind=$PEER,7001 send=$A2,7001 | says "socket: ok" "bind: ok" "send: ok"
	touch go2
	wait $connected
	says "socket: ok" "bind: ok" "connect: ok" "pending: no" "name: $A 7001" <connected
	ask other $A 7000
	wait $server
}

atf_test_case answers
answers_head() {
	atf_set descr "The source of what a server on the any-address sends: what was asked, what it says, what suits"
}
answers_body() {
	setup ip4=$A,10.8.0.5 ip6=$A6,fd00:8::5
	ip addr add 10.8.0.5/24 dev vtnet0
	ip -6 addr add fd00:8::5/64 dev vtnet0 nodad
	peer ip addr add 10.8.0.9/24 dev eth0
	peer ip -6 addr add fd00:8::9/64 dev eth0 nodad
	ctl udp || atf_fail "not attached"
	# Asked by one socket at one address, then at the other.
	serve 4 1 udp4 bind=0.0.0.0,7000
	other udp4 bind=$PEER,7001 send=10.8.0.5,7000 recv send=$A,7000 recv send=10.8.0.5,7000 recv |
	    says "socket: ok" "bind: ok" "send: ok" "recv: 10.8.0.5 7000" "send: ok" \
	    "recv: $A 7000" "send: ok" "recv: 10.8.0.5 7000"
	ask_one=$(other udp4 send=$A,7000 recv)
	wait $server
	case $ask_one in *"recv: $A 7000") ;; *) atf_fail "$ask_one" ;; esac
	# Not asked: the address that suits, as for a socket that is not bound.  A control message
	# that says the primary of IPv4 is not told from none.
	rm -f up2
	other udp4 bind=10.8.0.9,7000 ready=up2 recv recv >heard &
	heard=$!
	await up2
	jail 1 udp4 bind=0.0.0.0,7002 send=10.8.0.9,7000 sendfrom=$A,10.8.0.9,7000 |
	    says "socket: ok" "bind: ok" "send: ok" "sendfrom: ok"
	wait $heard
	says "socket: ok" "bind: ok" "recv: 10.8.0.5 7002" "recv: 10.8.0.5 7002" <heard
	rm -f up2
	other udp6 bind=fd00:8::9,7000 ready=up2 recv recv >heard &
	heard=$!
	await up2
	jail 1 udp6 bind=::,7003 send=fd00:8::9,7000 sendfrom=$A6,fd00:8::9,7000 |
	    says "socket: ok" "bind: ok" "send: ok" "sendfrom: ok"
	wait $heard
	says "socket: ok" "bind: ok" "recv: fd00:8::5 7003" "recv: $A6 7003" <heard
	# nosaddrsel: the primary; a source of another's is refused as ever.
	ctl prison "$cg/1" jid=1 ip4=$A,10.8.0.5 nosaddrsel4 || atf_fail "no jail 1"
	rm -f up2
	other udp4 bind=10.8.0.9,7000 ready=up2 recv >heard &
	heard=$!
	await up2
	jail 1 udp4 bind=0.0.0.0,7002 sendfrom=$B,10.8.0.9,7000 send=10.8.0.9,7000 |
	    says "socket: ok" "bind: ok" "sendfrom: EADDRNOTAVAIL" "send: ok"
	wait $heard
	says "socket: ok" "bind: ok" "recv: $A 7002" <heard
	ip addr del 10.8.0.5/24 dev vtnet0
	ip -6 addr del fd00:8::5/64 dev vtnet0
}

atf_test_case pktinfo
pktinfo_head() {
	atf_set descr "A server that asks by control message where it was asked, and answers from there"
}
pktinfo_body() {
	setup ip4=$A,$A2 ip6=$A6,$A62
	ctl udp || atf_fail "not attached"
	rm -f up
	jail 1 udp4 set=0,8,1 bind=0.0.0.0,7000 ready=up pktinfo pktinfo pktinfo pktinfo >served &
	server=$!
	await up
	ask other $A2 7000
	ask other $A 7000
	wait $server
	says "socket: ok" "set: ok" "bind: ok" "pktinfo: $A2" "pktinfo: $A2" "pktinfo: $A" \
	    "pktinfo: $A" <served
	rm -f up
	jail 1 udp6 set=41,49,1 bind=::,7000 ready=up pktinfo pktinfo pktinfo pktinfo >served &
	server=$!
	await up
	ask other $A62 7000
	ask other $A2 7000
	wait $server
	says "socket: ok" "set: ok" "bind: ok" "pktinfo: $A62" "pktinfo: $A62" \
	    "pktinfo: ::ffff:$A2" "pktinfo: ::ffff:$A2" <served
	# A loopback of its own is seen so as what it is.
	ctl prison "$cg/1" jid=1 ip4=$A loop_private ports_shared loop4=127.64.0.1
	rm -f up
	jail 1 udp4 set=0,8,1 bind=127.0.0.1,7000 ready=up pktinfo >served &
	server=$!
	await up
	jail 1 udp4 send=127.0.0.1,7000 recv | says "socket: ok" "send: ok" "recv: 127.0.0.1 7000"
	wait $server
	says "socket: ok" "set: ok" "bind: ok" "pktinfo: 127.64.0.1" <served
}

atf_test_case attached
attached_head() {
	atf_set descr "The program is on the interfaces, beside what others have there, and goes without a trace"
}
attached_body() {
	setup ip4=$A,$A2
	tc qdisc add dev lo clsact
	tc filter add dev lo egress bpf bytecode "$PASS"
	ip link add br0 type bridge
	ip link add veth8 type veth peer name veth9
	ip link set veth8 master br0
	# The elder kind of that qdisc does as well.
	tc qdisc add dev br0 ingress
	before=$(tc qdisc show | sort)
	ctl udp || atf_fail "not attached"
	ctl udp || atf_fail "not twice"
	filters | says lo vtnet0
	atf_check_equal 1 "$(tc filter show dev br0 ingress | grep -c ' gaol_udp\.')"
	# Its bridge has it.
	atf_check_equal 0 "$(tc filter show dev veth8 ingress | grep -c ' gaol_udp\.')"
	# Interfaces come and go.
	ip link del veth9
	ip link add veth9 type veth peer name veth10
	ctl udp || atf_fail "not for new ones"
	atf_check_equal 1 "$(tc filter show dev veth9 ingress | grep -c ' gaol_udp\.')"
	# Somebody else is in ours now: his filter and the qdisc stay.
	tc filter add dev veth10 ingress bpf bytecode "$PASS"
	# A jail that wants it is there.
	ctl udp-off
	filters | says lo vtnet0
	ctl prison "$cg/1" jid=1 ip4=$A || atf_fail "no jail 1"
	ctl prison "$cg/2" jid=2 ip4=$B || atf_fail "no jail 2"
	ctl udp-off
	atf_check_equal "" "$(filters)"
	tc qdisc show dev veth10 | grep -q clsact || atf_fail "it took another's qdisc away"
	ip link del veth9
	atf_check_equal "$before" "$(tc qdisc show | sort)"
	tc filter show dev lo egress | grep -q bytecode || atf_fail "it took another's filter away"
	ip link del br0
	tc qdisc del dev lo clsact
	# An instance beside this one has its own filter there.
	mkdir "$cg-two" "$cg-two/1"
	mount -t tmpfs -o mode=755 none /run/jail
	two() {
		"$GAOL_TOOLS/bpfctl" /run/jail "$cg-two" "$@"
	}
	two load "$GAOL_BUILD/src/bpf/gaol-load" || atf_fail "no second instance"
	two udp || atf_fail "not attached"
	filters | says lo vtnet0
	umount -R /run/jail
	ctl prison "$cg/1" jid=1 ip4=$A,$A2
	ctl udp
	filters | says lo lo vtnet0 vtnet0
	mount -t tmpfs -o mode=755 none /run/jail
	two load "$GAOL_BUILD/src/bpf/gaol-load"
	two unload || atf_fail "not unloaded"
	umount -R /run/jail
	rmdir "$cg-two/1" "$cg-two"
	filters | says lo vtnet0
	# unload takes it away too.
	ctl prison "$cg/1" jid=1 ip4=$A,$A2
	ctl udp
	ctl del "$cg/1"
	ctl del "$cg/2"
	filters | says lo vtnet0
	ctl unload
	atf_check_equal "" "$(filters)"
}

atf_test_case jails
jails_head() {
	atf_set descr "Jails: the program comes with the first that wants it and goes with the last, however it ends"
}
jails_body() {
	gaol_env
	gaol_net
	probe=$GAOL_TOOLS/sockprobe
	create="jail -c path=/ interface=vtnet0"
	atf_check -o ignore $create name=one persist ip4.addr=192.168.1.51
	atf_check_equal "" "$(filters)"
	atf_check -o ignore $create name=two persist ip4.addr=192.168.1.52,192.168.1.53
	filters | says lo vtnet0
	atf_check -o ignore $create name=both persist ip4.addr=192.168.1.54 ip6.addr=2001:db8:1::54
	rm -f up
	jexec two $probe udp4 bind=0.0.0.0,7000 ready=$PWD/up echo echo >served &
	server=$!
	await up
	ask other 192.168.1.53 7000
	wait $server
	atf_check -o ignore jail -r both
	filters | says lo vtnet0
	atf_check -o ignore jail -r two
	atf_check_equal "" "$(filters)"
	# By -m, there and back; with raw sockets there is a second cgroup of the jail.
	atf_check -o ignore jail -m name=one ip4.addr=192.168.1.51,192.168.1.1 allow.raw_sockets
	filters | says lo vtnet0
	atf_check -o ignore jail -m name=one ip4.addr=192.168.1.51
	atf_check_equal "" "$(filters)"
	atf_check -o ignore jail -m name=one ip4.addr=192.168.1.51,192.168.1.1
	atf_check -o ignore jail -r one
	atf_check_equal "" "$(filters)"
	# It ends by itself: what is there on its behalf goes with the next command.
	atf_check -o ignore $create name=short ip4.addr=192.168.1.51,192.168.1.52 \
	    command=/bin/sh -c "exit 0"
	atf_check -o ignore jls
	atf_check_equal "" "$(filters)"
	# Killed at each message to the kernel, coming and going.
	n=0
	while [ $((n += 1)) -le 20 ]; do
		strace -qq -o /dev/null -e trace=sendto -e inject=sendto:signal=KILL:when=$n \
		    jail -c name=cut path=/ persist ip4.addr=192.168.1.51,192.168.1.1 >/dev/null 2>&1
		[ $((n % 2)) -eq 0 ] || strace -qq -o /dev/null -e trace=sendto \
		    -e inject=sendto:signal=KILL:when=$((n / 2 + 1)) jail -r cut >/dev/null 2>&1
		command jail -r cut >/dev/null 2>&1
		atf_check -o ignore $create name=next persist ip4.addr=192.168.1.52
		atf_check -o ignore jail -r next
		atf_check_equal "" "$(filters)$(tc qdisc show | grep clsact)"
	done
	# Killed when it had just been attached.
	for at in 1 5 10 20 40; do
		command $create name=cut persist ip4.addr=192.168.1.51,192.168.1.52 >/dev/null 2>&1 &
		cut=$!
		sleep 0.0$at
		kill -9 $cut 2>/dev/null
		wait $cut
		command jail -r cut >/dev/null 2>&1
		atf_check -o ignore $create name=next persist ip4.addr=192.168.1.51
		atf_check -o ignore jail -r next
		atf_check_equal "" "$(filters)"
	done
	atf_check_equal "" "$(tc qdisc show | grep clsact)"
}

atf_test_case at_once
at_once_head() {
	atf_set descr "Several administrators: while anybody's jail wants the program it is there, afterwards not"
}
at_once_body() {
	gaol_env
	gaol_net
	worker() { # NAME ADDRESSES
		for round in 1 2 3 4 5 6 7 8 9 10 11 12; do
			command jail -c name=$1 path=/ persist interface=vtnet0 ip4.addr=$2 >/dev/null ||
			    echo "$1: not created" >>wrong
			[ "$(filters)" = "$(printf 'lo\nvtnet0')" ] || echo "$1: not there" >>wrong
			command jail -r $1 >/dev/null || echo "$1: not removed" >>wrong
		done
	}
	worker one 192.168.1.51,192.168.1.52 &
	one=$!
	worker two 192.168.1.53,192.168.1.54 &
	two=$!
	worker three 192.168.1.55,192.168.1.56
	wait $one $two
	[ ! -e wrong ] || atf_fail "$(head -3 wrong | tr '\n' ';')"
	atf_check_equal "" "$(filters)"
	atf_check_equal "" "$(tc qdisc show | grep clsact)"
}

atf_init_test_cases() {
	for case in wild dual fragments exact answers pktinfo attached jails at_once; do
		atf_add_test_case $case
	done
}
