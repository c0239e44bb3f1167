#!/usr/bin/env atf-sh
# Two jails as quickstart makes them: what root of one can do to the shared userland and to the other.
. "$(dirname "$0")/env.subr"

# Of everything but what is mounted: contents, owners, modes, links.
hashes() { # DIRECTORY...
	find "$@" -xdev \( -type f -o -type l -o -type d \) -printf '%p %m %U %G %s %l %n\n' | sort
	find "$@" -xdev -type f -print0 | sort -z | xargs -0 sha256sum
}

atf_test_case trespass
trespass_head() {
	atf_set descr "As root of one jail every path of the base and of the other is tried: nothing changes"
	atf_set timeout 1200
}
trespass_body() {
	gaol_env
	gaol_base /home/jail/base
	for i in one two; do
		mkdir -p /home/jail/$i/usr /home/jail/$i/dev /home/jail/$i/tmp
		cp -a /home/jail/base/etc /home/jail/base/var /home/jail/base/home /home/jail/base/root \
		    /home/jail/$i/
		for l in bin lib sbin; do
			ln -s usr/$l /home/jail/$i/$l
		done
	done
	chmod 0700 /home/jail
	cp "$GAOL_TOOLS/trespass" /home/jail/one/tmp/
	ip link set lo up
	sed 's/^exec\.st.*;$//' "$GAOL_TESTS/../examples/quickstart.jail.conf" >/etc/jail.conf
	hashes /home/jail/base /home/jail/two >before
	echo "persist;" >>/etc/jail.conf
	atf_check -o inline:"one: created\ntwo: created\n" jail -c
	# Its own files it may change; the userland it shares, and all that is mounted, it may not.
	atf_check -o inline:"tried over a thousand paths\n" jexec one /tmp/trespass /usr
	# The other is not there at all.
	atf_check -s not-exit:0 -o ignore -e match:"No such file" jexec one ls /home/jail
	atf_check -o ignore jail -R one two
	rm -f /home/jail/one/tmp/trespass
	hashes /home/jail/base /home/jail/two >after
	atf_check cmp before after
}

atf_test_case seen
seen_head() {
	atf_set descr "What a jail sees of the host's network and of other jails', line by line, as gaol(7) says"
}
seen_body() {
	gaol_env
	gaol_net
	gaol_tiny_root /home/y
	probe=$GAOL_TOOLS/sockprobe
	atf_check -o ignore jail -c name=x path=/ persist ip4.addr=192.168.1.51 interface=vtnet0
	atf_check -o ignore jail -c name=y path=/home/y persist ip4.addr=192.168.1.52 interface=vtnet0
	# 7001 is 1B59, 7002 1B5A.
	$probe tcp4 bind=192.168.1.1,7001 listen ready=up wait=end >/dev/null &
	tcp=$!
	$probe udp4 bind=192.168.1.1,7001 ready=up2 wait=end >/dev/null &
	udp=$!
	$probe take=secret.sock >/dev/null 2>&1 &
	local=$!
	wait_for 10 test -e up
	wait_for 10 test -e up2
	wait_for 10 test -S secret.sock
	# Seen, and said.
	x="jexec x"
	for row in "ip addr:vtnet0:interfaces," "ip addr:192.168.1.1/24:addresses," \
	    "ip addr:192.168.1.52/32:addresses," "ip route:192.168.1.0/24:routes" \
	    "ip neigh:192.168.1.2:neighbours," \
	    "cat /proc/net/tcp:0101A8C0.1B59:ports and user ids of all sockets" \
	    "cat /proc/net/udp:0101A8C0.1B59:ports and user ids of all sockets" \
	    "cat /proc/net/unix:secret.sock:names of local ones"; do
		command=${row%%:*}
		rest=${row#*:}
		[ "$command" != "ip neigh" ] || peer ping -c 1 -W 2 192.168.1.1 >/dev/null
		# shellcheck disable=SC2086
		$x $command | grep -q "$(echo "${rest%%:*}" | sed 's/[.]1B/:1B/')" ||
		    atf_fail "$command does not show ${rest%%:*} any more: gaol(7) says it does"
		grep -q "${rest#*:}" "$GAOL_TESTS/../man/gaol.7" ||
		    atf_fail "gaol(7) does not say: ${rest#*:}"
	done
	# Hidden: what sock_diag and other netlink families tell, on the host too.
	atf_check -o inline:"socket: ok\n" $probe socket=16,raw,4
	atf_check -o inline:"socket: EPROTONOSUPPORT\n" $x $probe socket=16,raw,4
	atf_check -o inline:"socket: EPROTONOSUPPORT\n" $x $probe socket=16,raw,15
	atf_check -o inline:"socket: EPROTONOSUPPORT\n" $x $probe socket=16,raw,16
	# Whose they are.
	sockets='find /proc/[0-9]*/fd -lname "socket:*" 2>/dev/null'
	atf_check -o inline:"" $x sh -c "$sockets; true"
	atf_check -o not-empty sh -c "$sockets; true"
	# Local sockets in the abstract namespace are the host's to reach, and the jail's where the
	# kernel cannot close them (bpf_unix_test.sh); the page says both.
	perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Local => "\0gaol.test", Listen => 1) or die;
	    open(F, ">up3"); close(F); for (1 .. 2) { $c = $s->accept; print $c "from the host\n"; close $c }' &
	abstract=$!
	wait_for 10 test -e up3
	ask='print readline(IO::Socket::UNIX->new(Peer => "\0gaol.test") // die "$!\n")'
	atf_check -o inline:"from the host\n" perl -MIO::Socket::UNIX -e "$ask"
	if jail --doctor | grep -q "^yes eBPF programs on LSM hooks"; then
		atf_check -s not-exit:0 -e match:"refused" $x perl -MIO::Socket::UNIX -e "$ask"
		kill $abstract
	else
		atf_check -o inline:"from the host\n" $x perl -MIO::Socket::UNIX -e "$ask"
	fi
	wait $abstract
	for sentence in "abstract namespace are reached inside if they were made in the jail" \
	    "make there is shared, and"; do
		atf_check -o ignore grep "$sentence" "$GAOL_TESTS/../man/gaol.7"
	done
	# Frames and counters of other protocols; a family that would pass by the address rules.
	atf_check -o match:"socket: E(AFNOSUPPORT|PROTONOSUPPORT|PERM)" $x $probe socket=43,stream,0
	# Without the host's module the file is nowhere, and shows nothing.
	[ ! -e /proc/net/nf_conntrack ] ||
	    atf_check -s not-exit:0 -o empty -e match:"Permission denied" $x cat /proc/net/nf_conntrack
	touch end
	kill $local
	wait $tcp
	wait $udp
	atf_check -o ignore jail -r x y
}

atf_init_test_cases() {
	atf_add_test_case seen
	atf_add_test_case trespass
}
