#!/usr/bin/env atf-sh
# Sockets of an address that a running jail loses.
. "$(dirname "$0")/env.subr"

probe=$GAOL_TOOLS/sockprobe

# On the second host, as long as connections come.
serve() {
	i=0 servers=''
	while [ $i -lt 4 ]; do
		i=$((i + 1))
		peer "$probe" tcp4 bind=192.168.1.2,700$i listen ready=/home/s$i accept sleep=2500 >/dev/null 2>&1 &
		servers="$servers $!"
		wait_for 10 test -e /home/s$i
	done
}

# NAME PORT COMMAND...: a connection from there that writes once more when told to.
client() { # NAME PORT ADDRESS RUNNER...
	name=$1 port=$2 from=$3
	shift 3
	"$@" "$probe" tcp4 bind=$from,0 connect=192.168.1.2,$port ready=/home/$name wait=/home/go \
	    write name >$name.out 2>&1 &
	wait_for 10 test -e /home/$name
}

atf_test_case removed
removed_head() {
	atf_set timeout 60
	atf_set descr "jail -m ip4.addr: connections of what is gone are closed, of the jail's and its children's only"
}
removed_body() {
	gaol_env
	gaol_net
	for n in 50 51 52; do
		ip addr add 192.168.1.$n/24 dev vtnet0
	done
	mkdir -p /home/jail
	gaol_snapshot
	atf_check jail -c name=x path=/ persist ip4.addr=192.168.1.50,192.168.1.51
	atf_check jail -c name=p path=/ persist ip4.addr=192.168.1.52 children.max=1
	atf_check jail -c name=p.c path=/ persist ip4.addr=192.168.1.52
	serve
	chmod 1777 /home
	client kept 7001 192.168.1.50 jexec x
	client lost 7002 192.168.1.51 jexec x
	client below 7003 192.168.1.52 jexec p.c
	client hosts 7004 192.168.1.51 env
	jexec x "$probe" udp4 bind=192.168.1.51,7009 ready=/home/udp wait=/home/go recv >udp.out 2>&1 &
	wait_for 10 test -e /home/udp
	atf_check jail -m name=x ip4.addr=192.168.1.50
	# A child cannot keep what its parent loses.
	atf_check jail -m name=p ip4.addr=
	touch /home/go
	sleep 0.5
	atf_check -o match:"write: ok" cat kept.out
	atf_check -o match:"write: ok" cat hosts.out
	atf_check -o match:"write: (ECONNABORTED|EPIPE)" cat lost.out
	atf_check -o match:"write: (ECONNABORTED|EPIPE)" cat below.out
	atf_check -o match:"recv: ECONNABORTED" cat udp.out
	# Nothing new has it.
	atf_check -o match:"bind: EADDRNOTAVAIL" jexec x "$probe" tcp4 bind=192.168.1.51,0
	# The same list again closes nothing.
	atf_check jail -m name=x ip4.addr=192.168.1.50
	atf_check -o ignore jail -r x p
	for pid in $servers; do
		wait "$pid"
	done
	rm -f /home/*.out /home/go /home/s? /home/kept /home/lost /home/below /home/hosts /home/udp
}

atf_init_test_cases() {
	atf_add_test_case removed
}
