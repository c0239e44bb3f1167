#!/usr/bin/env atf-sh
# Local sockets in the abstract namespace, which jails share with the host.
# shellcheck disable=SC2086,SC2119 # lists of operations are words on purpose

. "$(dirname "$0")/env.subr"
. "$(dirname "$0")/bpf.subr"

# A server at the name of its type, until "end" is there.
stand() { # host|JAIL TYPE NAME
	rm -f up end
	who="jail $1"
	[ "$1" != host ] || who=host
	listen=listen
	[ "$2" != dgram ] || listen=
	$who socket=unix,$2,0 abind=$3 $listen ready=up wait=end >/dev/null &
	server=$!
	await up
}

leave() {
	touch end
	wait $server
}

reached() { # TYPE NAME yes|no WHO...: by connect, datagrams by sendto too
	type=$1 name=$2 answer=$3
	shift 3
	[ $answer = yes ] && answer=ok || answer=ECONNREFUSED
	"$@" socket=unix,$type,0 aconnect=$name | says "socket: ok" "aconnect: $answer"
	[ $type != dgram ] ||
	    "$@" socket=unix,dgram,0 asendto=$name | says "socket: ok" "asendto: $answer"
}

atf_test_case abstract
abstract_head() {
	atf_set descr "A jail reaches what was made in it or in a jail below it, nobody else's"
}
abstract_body() {
	base
	[ "$(ctl unix)" = closed ] ||
	    atf_skip "the kernel takes no eBPF programs for its security hooks"
	mkdir -p "$cg/1/5" "$cg/.k/in"
	ctl host "$cg/.k"
	ctl prison "$cg/1" jid=1
	ctl prison "$cg/2" jid=2
	for type in stream dgram seqpacket; do
		# The host's: reached by itself and by its own cgroups, by no jail.
		stand host $type one
		reached $type one yes host
		reached $type one yes jail .k/in
		reached $type one no jail 1
		as=65534
		reached $type one no jail 1
		as=
		leave
		# A jail's: reached by itself and the host.
		stand 1 $type two
		reached $type two yes jail 1
		reached $type two yes host
		reached $type two no jail 2
		# A directory below belongs to it, unless it is a jail of its own.
		reached $type two yes jail 1/5
		ctl prison "$cg/1/5" jid=5
		reached $type two no jail 1/5
		leave
		stand 1/5 $type three
		reached $type three yes jail 1/5
		reached $type three yes jail 1
		reached $type three no jail 2
		leave
		ctl del "$cg/1/5"
	done
	# Found by a path, handed over: as ever.
	rm -f un
	jail 1 take="$PWD/un" >out &
	jail 2 socket=unix,stream,0 pass="$PWD/un" | says "socket: ok" "pass: ok"
	wait $!
	says "take: ok" <out
	rmdir "$cg/1/5" "$cg/.k/in"
}

atf_test_case said
said_head() {
	atf_set descr "Where the kernel cannot close them, the first jail and --doctor say so"
}
said_body() {
	gaol_env
	cg=$GAOL_CGROUP_MOUNT/$GAOL_CGROUP
	atf_check -o save:first jail -v -c name=one path=/ persist
	atf_check -o save:second jail -v -c name=two path=/ persist
	if [ "$(ctl unix)" = closed ]; then
		found=yes said=0
	else
		found='no ' said=1
	fi
	atf_check_equal $said "$(grep -c 'takes no eBPF programs for its security hooks' first)"
	atf_check_equal 0 "$(grep -c 'takes no eBPF programs for its security hooks' second)"
	atf_check -o match:"^$found eBPF programs on LSM hooks " jail --doctor
	atf_check -o ignore jail -r one two
}

atf_init_test_cases() {
	atf_add_test_case abstract
	atf_add_test_case said
}
