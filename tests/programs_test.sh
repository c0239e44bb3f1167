#!/usr/bin/env atf-sh
# Programs that everybody runs, as Debian configures them, in three jails on one host, all at their
# default ports at the same time.
. "$(dirname "$0")/env.subr"

jails="one two three"
base=/home/jail/base

# Their addresses, by number.
a4() {
	case $1 in
	one) echo 192.168.1.61 ;;
	two) echo 192.168.1.62 ;;
	three) echo 192.168.1.63 ;;
	esac
}
a6() {
	echo "2001:db8:1::$(a4 "$1" | sed 's/.*\.//')"
}
next_to() {
	case $1 in
	one) echo two ;;
	two) echo three ;;
	three) echo one ;;
	esac
}

# One userland read-only for all; /etc and /var are each jail's own.
setup() {
	gaol_env
	gaol_net
	gaol_base $base programs
	ssh_key
	for name in $jails; do
		root=/home/jail/$name
		mkdir -p $root/usr $root/root $root/tmp $root/home
		chmod 1777 $root/tmp
		cp -a $base/etc $base/var $root/
		for link in bin sbin lib lib64; do
			ln -s usr/$link $root/$link
		done
		install -d -m 700 $root/root/.ssh
		cp key.pub $root/root/.ssh/authorized_keys
	done
	cat >/etc/jail.conf <<-'END'
		path = "/home/jail/$name";
		host.hostname = "$name";
		interface = vtnet0;
		mount += "/home/jail/base/usr $path/usr nullfs ro 0 0";
		mount.devfs;
		sysvshm = new;
		sysvsem = new;
		persist;
	END
	for name in $jails; do
		echo "$name { ip4.addr = $(a4 $name)/24; ip6.addr = $(a6 $name)/64; }" >>/etc/jail.conf
	done
	# The second host and the host itself use the userland's clients, in a chroot.
	[ -c $base/dev/null ] || mknod -m 666 $base/dev/null c 1 3
	gaol_snapshot
	atf_check -o match:"three: created" jail -c
}

ssh_key() {
	chroot $base ssh-keygen -q -t ed25519 -N '' -f /root/key
	cp $base/root/key.pub key.pub
}

finish() {
	atf_check -o ignore jail -r '*'
}

# Clients are written in Perl, which is in every Debian, also in a jail's.
client() { # SCRIPT COMMAND-WORDS ADDRESS...
	script=$1
	in=$2
	shift 2
	# shellcheck disable=SC2086
	case $in in
	jexec*) $in /usr/bin/perl -MIO::Socket::IP -e "$script" "$@" ;;
	*) $in chroot $base /usr/bin/perl -MIO::Socket::IP -e "$script" "$@" ;;
	esac 2>&1
}

get() { # COMMAND-WORDS ADDRESS: the page
	client "$page" "$@"
}
# shellcheck disable=SC2016
page='$s = IO::Socket::IP->new(PeerHost => $ARGV[0] =~ s/[][]//gr, PeerPort => 80, Timeout => 5) or die "$@\n";
    print $s "GET / HTTP/1.0\r\n\r\n"; @l = <$s>; print $l[-1]'

ask() { # COMMAND-WORDS ADDRESS: where service.test is
	client "$question" "$@"
}
# A question by hand: one packet, one answer whose last four bytes are the address.
# shellcheck disable=SC2016
question='$s = IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => 53, Proto => "udp") or die "$@\n";
    $s->send(pack("n6", 7, 256, 1, 0, 0, 0) . "\7service\4test\0" . pack("nn", 1, 1)) or die "send: $!\n";
    alarm 5; $s->recv($a, 512) // die "recv: $!\n"; print join(".", unpack("C4", substr($a, -4))), "\n"'

try() { # COMMAND-WORDS ADDRESS PORT: what connect(2) says
	client "$attempt" "$@"
}
# shellcheck disable=SC2016
attempt='print IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => $ARGV[1], Timeout => 5) ? "connected" : "$!"'

wrong() { # TEXT: in a pipe, which is a shell of its own
	echo "$*" >&2
	exit 1
}

ok() { # COMMAND...
	atf_check -o ignore -e ignore "$@"
}

# For each client: its name, the address that the server sees, the words in front of a command.
clients() { # JAIL
	echo "second 192.168.1.2 2001:db8:1::2 peer"
	# Towards an address of its own the kernel takes that one, with IPv6.
	echo "host 192.168.1.1 $(a6 "$1") env"
	n=$(next_to "$1")
	echo "$n $(a4 "$n") $(a6 "$n") jexec $n"
}

atf_test_case nginx
nginx_head() {
	atf_set descr "nginx, its [::] line too: three jails and the second host, the host, each other"
	atf_set timeout 900
}
nginx_body() {
	setup
	for name in $jails; do
		echo "this is $name" >/home/jail/$name/var/www/html/index.html
		ok jexec $name nginx
	done
	# The host's own, on all addresses, comes and goes as it likes.
	echo "this is the host" >$base/var/www/html/index.html
	ok chroot $base nginx
	for name in $jails; do
		clients $name | while read -r who from4 from6 in; do
			for row in "$(a4 $name) $from4" "[$(a6 $name)] $from6"; do
				to=${row% *}
				from=${row##* }
				[ "$(get "$in" "$to")" = "this is $name" ] ||
				    wrong "$who does not get $name's page from $to: $(get "$in" "$to")"
				tail -n 1 /home/jail/$name/var/log/nginx/access.log | grep -q "^$from " ||
				    wrong "$name sees $who as $(tail -n 1 /home/jail/$name/var/log/nginx/access.log)"
			done
		done || atf_fail "see above"
	done
	# Its own page by localhost, of both families.
	for name in $jails; do
		for to in 127.0.0.1 "[::1]"; do
			atf_check_equal "this is $name" "$(get "jexec $name" "$to")"
		done
	done
	atf_check_equal "this is the host" "$(get peer 192.168.1.1)"
	atf_check_equal "this is the host" "$(get peer "[2001:db8:1::1]")"
	finish
	chroot $base nginx -s stop
}

atf_test_case sshd
sshd_head() {
	atf_set descr "OpenSSH's server in three jails, and the host's own on *:22"
	atf_set timeout 900
}
sshd_body() {
	setup
	# One is there before the host's, two after it.
	start_sshd one
	mkdir -p $base/run/sshd
	install -d -m 700 $base/root/.ssh
	cp key.pub $base/root/.ssh/authorized_keys
	chroot $base ssh-keygen -q -A
	mount --bind /dev $base/dev
	ok chroot $base /usr/sbin/sshd
	start_sshd two
	start_sshd three
	for name in $jails; do
		for row in "$(a4 $name) 192.168.1.2" "$(a6 $name) 2001:db8:1::2"; do
			to=${row% *}
			atf_check_equal "$name ${row##* }" "$(login peer "$to")"
		done
		atf_check_equal "$name 192.168.1.1" "$(login env "$(a4 $name)")"
	done
	# From jail to jail.
	cp $base/root/key /home/jail/two/root/key
	chmod 600 /home/jail/two/root/key
	atf_check_equal "one $(a4 two)" "$(jexec two ssh $ssh_options root@"$(a4 one)" "$told")"
	atf_check_equal "$(uname -n) 192.168.1.2" "$(login peer 192.168.1.1)"
	# The host's starts again at any time.
	kill "$(cat $base/run/sshd.pid)"
	wait_for 10 test ! -e $base/run/sshd.pid
	ok chroot $base /usr/sbin/sshd
	atf_check_equal "$(uname -n) 192.168.1.2" "$(login peer 192.168.1.1)"
	kill "$(cat $base/run/sshd.pid)"
	finish
	umount $base/dev
}

start_sshd() { # JAIL
	mkdir -p /home/jail/$1/run
	jexec $1 /bin/sh -c 'mkdir -p /run/sshd && ssh-keygen -q -A && exec /usr/sbin/sshd' ||
	    atf_fail "$1: no sshd"
}

# shellcheck disable=SC2016
told='echo $(uname -n) ${SSH_CLIENT%% *}'
ssh_options="-q -i /root/key -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"

login() { # COMMAND ADDRESS
	# shellcheck disable=SC2086
	$1 chroot $base ssh $ssh_options "root@$2" "$told" 2>&1
}

atf_test_case dnsmasq
dnsmasq_head() {
	atf_set descr "dnsmasq in three jails, asked by UDP and TCP"
	atf_set timeout 900
}
dnsmasq_body() {
	setup
	# One has a second address of each family.
	ip addr add 192.168.1.91/24 dev vtnet0
	ip -6 addr add 2001:db8:1::91/128 dev vtnet0 nodad
	atf_check -o ignore jail -m name=one ip4.addr="$(a4 one),192.168.1.91" \
	    ip6.addr="$(a6 one),2001:db8:1::91"
	for name in $jails; do
		echo "10.9.9.$(a4 $name | sed 's/.*\.//') service.test" >>/home/jail/$name/etc/hosts
		ok jexec $name dnsmasq --log-queries --log-facility=/var/log/dnsmasq.log
	done
	for name in $jails; do
		answer=10.9.9.$(a4 $name | sed 's/.*\.//')
		clients $name | while read -r who from4 from6 in; do
			second=
			own=$from6
			[ $who != host ] || own=2001:db8:1::91
			[ $name != one ] || second="192.168.1.91=$from4 2001:db8:1::91=$own"
			for row in "$(a4 $name)=$from4" "$(a6 $name)=$from6" $second; do
				to=${row%=*}
				asked=$(ask "$in" "$to")
				[ "$asked" = "$answer" ] || wrong "$who asks $to and hears \"$asked\""
				saw=$(sed -n 's/.*query\[A\] service.test from //p' \
				    /home/jail/$name/var/log/dnsmasq.log | tail -n 1)
				[ "$saw" = "${row#*=}" ] || wrong "$name saw $who as $saw, not ${row#*=}"
			done
		done || atf_fail "see above"
	done
	finish
	ip addr del 192.168.1.91/24 dev vtnet0
	ip -6 addr del 2001:db8:1::91/128 dev vtnet0
}

atf_test_case localhost_only
localhost_only_head() {
	atf_set descr "PostgreSQL and Redis on localhost: reached inside by 127.0.0.1 and ::1, and by nobody else"
	atf_set timeout 900
}
localhost_only_body() {
	setup
	version=$(ls $base/usr/lib/postgresql)
	pg=/usr/lib/postgresql/$version
	for name in $jails; do
		ok jexec $name /bin/sh -c 'mkdir -p /run/redis /run/postgresql &&
		    chown redis /run/redis && chown postgres /run/postgresql'
		ok jexec -U redis $name redis-server /etc/redis/redis.conf
		ok jexec -U postgres $name $pg/bin/pg_ctl -w \
		    -D /var/lib/postgresql/$version/main -l /tmp/pg.log -o "-c config_file=/etc/postgresql/$version/main/postgresql.conf" start
	done
	for name in $jails; do
		for to in 127.0.0.1 ::1; do
			# What one jail writes is not the other's.
			atf_check -o inline:"OK\n" jexec $name redis-cli -h $to set who $name
			atf_check -o inline:"$name\n" jexec $name redis-cli -h $to get who
			atf_check -o inline:"$to:5432 - accepting connections\n" \
			    jexec $name pg_isready -h $to
		done
	done
	for name in $jails; do
		for port in 5432 6379; do
			for to in "$(a4 $name)" "$(a6 $name)"; do
				atf_check_equal "Connection refused" "$(try peer "$to" $port)"
				atf_check_equal "Connection refused" \
				    "$(try "jexec $(next_to $name)" "$to" $port)"
			done
		done
	done
	for name in $jails; do
		ok jexec -U postgres $name $pg/bin/pg_ctl -D /var/lib/postgresql/$version/main -m fast stop
	done
	finish
}

atf_init_test_cases() {
	for case in nginx sshd dnsmasq localhost_only; do
		atf_add_test_case $case
	done
}
