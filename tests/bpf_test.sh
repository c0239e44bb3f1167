#!/usr/bin/env atf-sh
# The eBPF rules by themselves: cgroups made by the test, maps filled by bpfctl, no jail.
# Each case first does outside what it then does inside, so that it cannot pass by itself.
# shellcheck disable=SC2086,SC2119 # lists of operations are words on purpose

. "$(dirname "$0")/env.subr"

A=192.168.1.11
A2=192.168.1.12
B=192.168.1.21
HOST=192.168.1.1
PEER=192.168.1.2
A6=2001:db8:1::11
A62=2001:db8:1::12
B6=2001:db8:1::21
HOST6=2001:db8:1::1

ctl() {
	"$GAOL_TOOLS/bpfctl" /run/jail "$cg" "$@"
}

# Processes of jail N, of the host, of the second machine.
jail() { # N OPERATION...
	n=$1
	shift
	"$GAOL_TOOLS/sockprobe" "cgroup=$cg/$n" "$@"
}

host() {
	"$GAOL_TOOLS/sockprobe" "$@"
}

other() {
	peer "$GAOL_TOOLS/sockprobe" "$@"
}

says() { # LINE...: what the command on the left of the pipe printed
	cat >got
	printf '%s\n' "$@" >want
	diff -u want got || atf_fail "not what was expected (see above)"
}

base() { # no network
	# A failure at the end of a pipe is in a shell of its own.
	set -e
	gaol_env
	cg=$GAOL_CGROUP_MOUNT/$GAOL_CGROUP
	mkdir -p "$cg/1" "$cg/2" "$cg/.k" || atf_fail "no cgroups"
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$GAOL_BUILD/src/bpf/gaol-load"
	gaol_snapshot
}

setup() { # ARGUMENT...: jail 1's; jail 2 is B's
	base
	gaol_net
	for a in $A $A2 $B; do
		ip addr add "$a/32" dev vtnet0 || atf_fail "no address"
	done
	for a in $A6 $A62 $B6; do
		ip -6 addr add "$a/128" dev vtnet0 nodad || atf_fail "no address"
	done
	ctl prison "$cg/1" jid=1 "$@" || atf_fail "no jail 1"
	ctl prison "$cg/2" jid=2 ip4=$B ip6=$B6 || atf_fail "no jail 2"
	gaol_snapshot
}

await() { # FILE
	wait_for $((10 * ${GAOL_TEST_SLOW:-1})) test -e "$1"
}

#
# The loader and the maps.
#

atf_test_case load
load_head() {
	atf_set descr "Loading is idempotent, found with and without pins, complete or repaired, taken off again"
}
load_body() {
	gaol_env
	cg=$GAOL_CGROUP_MOUNT/$GAOL_CGROUP
	loader=$GAOL_BUILD/src/bpf/gaol-load
	mkdir -p "$cg/1"
	names() {
		bpftool cgroup show "$cg" | awk 'NR > 1 { print $NF }' | sort | tr '\n' ' '
	}
	all="gaol1_bind4 gaol1_bind6 gaol1_connect4 gaol1_connect6 gaol1_dev gaol1_ingress "
	all="${all}gaol1_listen gaol1_name4 gaol1_name6 gaol1_peer4 gaol1_peer6 gaol1_recv4 gaol1_recv6 "
	all="${all}gaol1_sendmsg4 gaol1_sendmsg6 gaol1_sock "
	atf_check -s exit:1 -o inline:"ENOENT: the eBPF programs are not loaded\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" open
	# Nothing to take off is no error.
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" unload
	# Two at once.
	ctl load "$loader" >one &
	ctl load "$loader" >two
	wait $!
	atf_check cat one two
	atf_check_equal "$all" "$(names)"
	atf_check_equal 700 "$(stat -c %a /run/jail/.bpf | tail -c 4)"
	before=$(bpftool cgroup show "$cg")
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$loader"
	atf_check_equal "$before" "$(bpftool cgroup show "$cg")"
	ctl prison "$cg/1" jid=7 ip4=$A
	# Without the mount the programs name the maps; the loader pins the same ones again.
	umount /run/jail/.bpf
	atf_check -o match:'^jid 7 n4 1 n6 0 primary4 192.168.1.11 ' \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$loader"
	atf_check_equal "$before" "$(bpftool cgroup show "$cg")"
	atf_check_equal 9 "$(find /run/jail/.bpf -name 'gaol1_*' | wc -l)"
	# A hole, as a loader that was killed leaves one, with and without pins.
	for pins in yes no; do
		id=$(bpftool cgroup show "$cg" | awk '$NF == "gaol1_bind4" { print $1 }')
		bpftool cgroup detach "$cg" cgroup_inet4_bind id "$id"
		[ $pins = yes ] || umount /run/jail/.bpf
		[ $pins = yes ] || atf_check -s exit:1 \
		    -o inline:"ENOENT: the eBPF programs are not loaded\n" \
		    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" open
		atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$loader"
		atf_check_equal "$all" "$(names)"
		atf_check -o match:'^jid 7 n4 1' "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	done
	atf_check -s exit:1 -o inline:"EBUSY: 1 jails are still known to the kernel\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" unload
	ctl del "$cg/1"
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" unload
	atf_check_equal "" "$(names)"
	atf_check test ! -e /run/jail/.bpf
	rmdir "$cg/1"
}

atf_test_case loader_errors
loader_errors_head() {
	atf_set descr "What keeps the loader from its work is said in one line"
}
loader_errors_body() {
	gaol_env
	cg=$GAOL_CGROUP_MOUNT/$GAOL_CGROUP
	mkdir -p "$cg"
	atf_check -s exit:1 -o inline:"ENOENT: /nowhere/gaol-load: No such file or directory\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load /nowhere/gaol-load
	atf_check -s exit:1 -o inline:"EIO: /bin/true ended without a word\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load /bin/true
	atf_check -s exit:1 -e inline:"gaol-load: started by jail(8), not by hand\n" \
	    "$GAOL_BUILD/src/bpf/gaol-load"
	atf_check -s exit:1 -o inline:"EPERM: bpffs: fsopen: Operation not permitted\n" \
	    setpriv --bounding-set -sys_admin --inh-caps -sys_admin \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$GAOL_BUILD/src/bpf/gaol-load"
	rmdir /run/jail/.bpf
	: >/run/jail/.bpf
	atf_check -s exit:1 -o inline:"ENOTDIR: .bpf: Not a directory\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$GAOL_BUILD/src/bpf/gaol-load"
}

atf_test_case maps
maps_head() {
	atf_set descr "Prisons, lists and sets: put, replaced, counted, deleted; limits refused"
}
maps_body() {
	base
	entries() { # MAP
		bpftool map dump pinned "/run/jail/.bpf/v1-$(stat -c %i "$cg")/gaol1_$1" -j |
		    tr '{' '\n' | grep -c '"key":\['
	}
	atf_check -o inline:"0\n" "$GAOL_TOOLS/bpfctl" /run/jail "$cg" count
	ctl host "$cg/.k"
	ctl prison "$cg/1" jid=1 ip4=$A,$A2 ip6=$A6,$A62 devset=3
	atf_check -o inline:"1\n" "$GAOL_TOOLS/bpfctl" /run/jail "$cg" count
	atf_check -o inline:"jid 1 n4 2 n6 2 primary4 $A primary6 $A6 devset 3 flags 0\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	atf_check_equal "1 1" "$(entries addrs4) $(entries addrs6)"
	# From several to one: the lists go.
	ctl addrs "$cg/1" ip4=$A2
	atf_check -o inline:"jid 1 n4 1 n6 0 primary4 $A2 primary6 :: devset 3 flags 0\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	atf_check_equal "0 0" "$(entries addrs4) $(entries addrs6)"
	many=$(seq 1 255 | sed 's/^/10.0.0./' | paste -sd,)
	ctl addrs "$cg/1" "ip4=$many"
	atf_check -o match:'^jid 1 n4 255 ' "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	rules=$(seq 1 256 | sed 's/.*/2,6,&,0,0/')
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" devset 9 $rules
	atf_check -s exit:1 \
	    -o inline:"E2BIG: the devfs ruleset shows 257 ranges of devices, at most 256 can be enforced\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" devset 9 $rules 2,6,500,0,0
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" devset-del 9
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" devset-del 9
	atf_check_equal 0 "$(entries devsets)"
	ctl del "$cg/1"
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" del "$cg/1"
	atf_check_equal "0 1" "$(entries addrs4) $(entries prisons)"
	atf_check -s exit:1 -o match:'^ENOENT: ' "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	atf_check -s exit:1 -o match:'^ENOENT: ' \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" addrs "$cg/1" ip4=$A
}

atf_test_case full
full_head() {
	atf_set descr "The kernel's table is full: the next jail is refused, those that are there stay"
	atf_set timeout 120
}
full_body() {
	base
	ctl prison "$cg/1" jid=1 ip4=$A
	map=/run/jail/.bpf/v1-$(stat -c %i "$cg")/gaol1_prisons
	# Filled behind the library's back, with values of zeros.
	zeros=$(yes 0 | head -64 | paste -sd' ')
	seq 1 32767 | awk -v map="$map" -v zeros="$zeros" '{
		printf "map update pinned %s key %d %d 0 0 0 0 9 9 value %s\n", map, $1 % 256,
		    int($1 / 256), zeros }' >filling
	bpftool batch file filling >/dev/null || atf_fail "cannot fill the map"
	atf_check -s exit:1 -o inline:"E2BIG: no room for more jails in the kernel's table\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" prison "$cg/2" jid=2
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" prison "$cg/1" jid=1 ip4=$A2
	jail 2 tcp4 | says "socket: EPERM"
	jail 1 tcp4 bind=127.0.0.1,0 name | says "socket: ok" "bind: EADDRNOTAVAIL" "name: 0.0.0.0"
}

#
# Whose process: the innermost prison.
#

atf_test_case innermost
innermost_head() {
	atf_set descr "The innermost prison decides; unknown cgroups are refused; keepers and the root are the host's"
}
innermost_body() {
	setup ip4=$A
	mkdir -p "$cg/1/5" "$cg/1/5/deep/er" "$cg/9" "$cg/.k/in"
	ctl host "$cg/.k"
	gaol_snapshot
	# A directory that is no jail's of its own belongs to the jail around it.
	jail 1/5 tcp4 bind=0.0.0.0,80 name | says "socket: ok" "bind: ok" "name: $A 80"
	ctl prison "$cg/1/5" jid=5 ip4=$A2
	for dir in 1/5 1/5/deep/er; do
		jail $dir tcp4 bind=0.0.0.0,8080 name |
		    says "socket: ok" "bind: ok" "name: $A2 8080"
		jail $dir tcp4 bind=$A,8080 | says "socket: ok" "bind: EADDRNOTAVAIL"
	done
	# Packets find it too: a socket that nothing bound.
	for dir in 1/5 1/5/deep/er; do
		rm -f up
		jail $dir udp4 send=$PEER,9 ready=up recv recv name >out &
		await up
		sleep 0.1
		ss -Huan | awk '{ sub(/.*:/, "", $4); print $4 }' | tail -1 >port
		host udp4 send=$A,"$(cat port)" send=$HOST,"$(cat port)" bind=$HOST,0 \
		    send=$A2,"$(cat port)" send=$A2,"$(cat port)" >/dev/null
		wait $!
		says "socket: ok" "send: ok" "recv: $A2" "recv: $A2" "name: 0.0.0.0" <out
	done
	jail 9 tcp4 udp6 | says "socket: EPERM" "socket: EPERM"
	jail 9 open=/dev/null,r | says "open: EPERM"
	for dir in .k .k/in .; do
		jail $dir tcp4 bind=0.0.0.0,8080 name open=/dev/null,rw |
		    says "socket: ok" "bind: ok" "name: 0.0.0.0 8080" "open: ok"
	done
	# A prison that is gone: refused at once.
	ctl del "$cg/1/5"
	ctl del "$cg/1"
	jail 1/5 tcp4 | says "socket: EPERM"
	rmdir "$cg/1/5/deep/er" "$cg/1/5/deep" "$cg/1/5" "$cg/9" "$cg/.k/in"
	gaol_snapshot
}

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
	jail 1 tcp4 bind=0.0.0.0,7001 listen ready=up sleep=500 >/dev/null &
	await up
	jail 2 tcp4 bind=0.0.0.0,7001 listen name |
	    says "socket: ok" "bind: ok" "listen: ok" "name: $B 7001"
	wait $!
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
	jail 1 udp4 bind=0.0.0.0,7000 name | says "socket: ok" "bind: ok" "name: $A 7000"
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
	# Both families: a dual-stack wildcard of TCP stays one, of UDP it takes IPv4.
	ctl addrs "$cg/1" ip4=$A ip6=$A6,$A62
	jail 1 tcp6 bind=::,7000 name | says "socket: ok" "bind: ok" "name: :: 7000"
	jail 1 udp6 bind=::,7000 name | says "socket: ok" "bind: ok" "name: ::ffff:$A 7000"
	jail 1 tcp6 set=41,26,1 bind=::,7000 name |
	    says "socket: ok" "set: ok" "bind: ok" "name: :: 7000"
	jail 1 udp6 set=41,26,1 bind=::,7000 name |
	    says "socket: ok" "set: ok" "bind: ok" "name: $A6 7000"
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

# A listener in N that tells who came to which address.
served() { # N ADDRESS PORT
	rm -f up
	jail "$1" tcp4 "bind=$2,$3" listen ready=up accept name >served &
	server=$!
	await up
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
	atf_set descr "sendto(): loopback is the primary, an unbound source the jail's, a foreign one refused"
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
		jail 1 $s "bind=$any,$port" listen name ready=up sleep=3000 >served &
		server=$!
		await up
		for a in "$@"; do
			reach "$port" "$a" | says "$a: ok"
		done
		reach "$port" $HOST $B | says "$HOST: ECONNREFUSED" "$B: ECONNREFUSED"
		# From inside and from another jail too.
		jail 1 tcp4 "connect=$A2,$port" peer | says "socket: ok" "connect: ok" "peer: $A2 $port"
		jail 2 tcp4 "connect=$A2,$port" name | says "socket: ok" "connect: ok" "name: $B"
		wait $server
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
	jail 1 tcp6 set=41,26,1 bind=::,7004 listen ready=up sleep=2000 >/dev/null &
	server=$!
	await up
	reach 7004 $A6 $A62 $A | says "$A6: ok" "$A62: ok" "$A: ECONNREFUSED"
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
	wait_for 10 sh -c '[ "$(ss -Hltn | wc -l)" = 1 ]'
	reach 7001 $A2 | says "$A2: ok"
	touch end12
	wait $last
}

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
	# A send has the address, and the kernel none to send from.
	jail 1 udp4 send=$PEER,9 | says "socket: ok" "send: EINVAL"
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
		jail 1 socket=$s send=$PEER,0 bind=$B,0 send=$PEER,0 |
		    says "socket: ok" "send: EPERM" "bind: ok" "send: EPERM"
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
	jail 1 socket=inet,raw,253 bind=$B,0 ready=up2 recv >out2 &
	two=$!
	await up
	await up2
	other socket=inet,raw,253 send=$HOST,0 send=$B,0 >/dev/null
	peer ip addr add 192.168.1.3/24 dev eth0
	other socket=inet,raw,253 bind=192.168.1.3,0 send=$A,0 send=$A2,0 >/dev/null
	wait $server
	says "socket: ok" "recv: 192.168.1.3" "recv: 192.168.1.3" <out
	wait $two
	says "socket: ok" "bind: ok" "recv: silence" <out2
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

#
# A loopback of its own.
#

private() { # ARGUMENT...: jails 1 and 2, each with one; jail 1 with more
	setup ip4=$A ip6=$A6 loop_private loop4=127.64.0.1 loop6=fd67:616f:6c00::1 "$@"
	ctl prison "$cg/2" jid=2 ip4=$B ip6=$B6 loop_private loop4=127.64.0.2 \
	    loop6=fd67:616f:6c00::2
	for n in 1 2; do
		ip -6 addr add fd67:616f:6c00::$n/128 dev lo nodad
	done
	gaol_snapshot
}

atf_test_case loopback_tcp
loopback_tcp_head() {
	atf_set descr "gaol.loopback=private: three services at one port of 127.0.0.1 and ::1, each in its place"
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
	atf_set descr "gaol.loopback=private: 127.0.0.1 and ::1 reach a server that listens on the any-address"
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
		bpftool map dump pinned "/run/jail/.bpf/v1-$(stat -c %i "$cg")/gaol1_listed" -j |
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

#
# Devices.
#

atf_test_case devices
devices_head() {
	atf_set descr "Device nodes: what the set lists, by type, number and access, at once after a change"
}
devices_body() {
	base
	mknod null c 1 3
	mknod zero c 1 5
	mknod full c 1 7
	mknod loop b 7 250
	chmod 666 null zero full loop
	# On a mount without nodev, as a jail's root would be.
	mkdir fs
	mount -t tmpfs -o mode=0755,dev fs fs
	mv null zero full loop fs
	host open=fs/null,rw open=fs/zero,r open=fs/full,r | says "open: ok" "open: ok" "open: ok"
	ctl prison "$cg/1" jid=1 devset=4
	jail 1 open=fs/null,rw open=fs/zero,r | says "open: EPERM" "open: EPERM"
	ctl devset 4 2,6,1,3,3 2,2,1,5,5
	jail 1 open=fs/null,rw open=fs/zero,r open=fs/zero,w open=fs/full,r open=fs/loop,r |
	    says "open: ok" "open: ok" "open: EPERM" "open: EPERM" "open: EPERM"
	# All minors, for one type only; what two rules grant is added up.
	ctl devset 4 2,2,1,0,4294967295 2,4,1,7,7
	jail 1 open=fs/null,r open=fs/null,w open=fs/full,rw open=fs/loop,r |
	    says "open: ok" "open: EPERM" "open: ok" "open: EPERM"
	ctl devset 5 1,7,7,0,255
	ctl prison "$cg/1" jid=1 devset=5
	jail 1 open=fs/null,r open=fs/loop,r | says "open: EPERM" "open: ENXIO"
	ctl devset-del 5
	jail 1 open=fs/loop,r | says "open: EPERM"
	# Nodes: none, but overlayfs's mark of a deleted file.
	host mknod=fs/n1,c,1,3 mknod=fs/n2,c,0,0 | says "mknod: ok" "mknod: ok"
	jail 1 mknod=fs/j1,c,1,3 mknod=fs/j2,b,7,0 mknod=fs/j3,c,0,0 open=fs/j3,r mknod=fs/j4,b,0,0 |
	    says "mknod: EPERM" "mknod: EPERM" "mknod: ok" "open: EPERM" "mknod: EPERM"
	ctl devset 5 2,1,1,3,3
	jail 1 mknod=fs/j1,c,1,3 mknod=fs/j5,c,1,5 open=fs/j1,r |
	    says "mknod: ok" "mknod: EPERM" "open: EPERM"
	umount fs
}

atf_init_test_cases() {
	for case in load loader_errors maps full innermost sock_family sock_raw bind4 bind4_several bind6 \
	    bind_inherit ports connect4 connect6 source_selection sendmsg addresses_gone \
	    several_tcp several_exact several_changes listen_unbound autobind autobind_connect multicast raw foreign_socket loopback_tcp loopback_fallback loopback_udp \
	    loopback_closed devices; do
		atf_add_test_case $case
	done
}
