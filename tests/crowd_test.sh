#!/usr/bin/env atf-sh
# Several administrators at once, on the same few names and addresses, and some of their commands
# and keepers die by kill -9 at any moment.  Afterwards nothing is left but what lives, and with
# it removed nothing at all.
. "$(dirname "$0")/env.subr"

# How long the crowd works.  More for those who look for something rare.
seconds=${GAOL_CROWD_SECONDS:-6}

setup() {
	gaol_env
	gaol_net
	gaol_tiny_root /home/r
	# The instance with its programs is there once and for all.
	atf_check -o ignore jail -c name=first path=/home/r persist
	atf_check -o ignore jail -r first
	gaol_snapshot
}

# The jail's keeper is not there yet when its command dies.
kill_before_settle() { # COMMAND...
	{ strace -qq -f -o /dev/null -e trace=clone3 -e inject=clone3:signal=KILL:when=1 -- \
	    "$@"; } >/dev/null 2>&1
}

# A whole number below $1, from a generator of the worker's own.
draw() { # BELOW
	seed=$(((seed * 1103515245 + 12345) & 2147483647))
	drawn=$(((seed >> 12) % $1))
}

# A time below 16 ms: that is where a command is at work.
draw_moment() {
	draw 16
	moment=0.0$(printf %02d "$drawn")
}

one_act() {
	draw 3
	name=c$drawn
	draw 3
	address=192.168.1.5$drawn
	draw_moment
	draw 9
	case $drawn in
	0 | 1)
		jail -c name=$name path=/home/r mount.devfs interface=vtnet0 \
		    ip4.addr="$address/24" persist
		;;
	2)
		timeout -s KILL "$moment" jail -c name=$name path=/home/r mount.devfs \
		    interface=vtnet0 ip4.addr="$address/24" persist
		;;
	3)
		jail -c name=$name path=/home/r command=/bin/true
		;;
	4)
		jail -r $name
		;;
	5)
		timeout -s KILL "$moment" jail -r $name
		;;
	6)
		timeout 5 jexec $name /bin/sleep 0.01
		;;
	7)
		timeout -s KILL "$moment" jail -m name=$name ip4.addr="$address"
		;;
	8)
		# The keeper: the fifth word of the record's first line.  Its pid is looked at
		# once more, as it may be another's by now.
		jid=$(readlink /run/jail/.names/$name) &&
		    read -r _ _ _ _ keeper _ <"/run/jail/$jid" &&
		    keeper=$(printf %s "$keeper" | sed 's/^0*//') &&
		    [ "$(cat "/proc/$keeper/comm")" = gaol-keeper ] && kill -9 "$keeper"
		;;
	esac
}

worker() { # NUMBER
	seed=$1
	end=$(($(date +%s) + seconds))
	while [ "$(date +%s)" -lt $end ]; do
		one_act
	done >/dev/null 2>&1
}

atf_test_case crowd
crowd_head() {
	atf_set descr "four at work on the same names and addresses; whoever is killed leaves nothing"
}
crowd_body() {
	setup
	pids=
	for number in 1 2 3 4 5 6; do
		worker $number &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid"
	done
	for jid in $(jls jid); do
		atf_check -o ignore timeout 60 jail -r "$jid"
	done
	# A jail that the last of them did not see end.
	atf_check -o ignore jail -c name=c0 path=/home/r persist
	atf_check -o ignore jail -r c0
	atf_check -o inline:"" jls jid
	atf_check -o inline:"" sh -c 'ls /run/jail'
	atf_check -o inline:"192.168.1.1/24\n" \
	    sh -c "ip -o -4 addr show dev vtnet0 | awk '{ print \$4 }'"
}

on_vnet0() { # the aliases
	ip -o -4 addr show dev vtnet0 | awk '$4 != "192.168.1.1/24" { print $4 }'
}

atf_test_case sharing
sharing_head() {
	atf_set descr "jails that share an address: the alias goes with the last of them, whoever that is"
}
sharing_body() {
	setup
	one="path=/home/r interface=vtnet0 ip4.addr=192.168.1.50/24 persist"
	# The second finds it there; it is no less the second's.
	atf_check -o ignore jail -c name=a $one
	atf_check -o ignore jail -c name=b $one
	atf_check -o ignore jail -r a
	atf_check_equal "192.168.1.50/24" "$(on_vnet0)"
	atf_check -o ignore jail -r b
	atf_check_equal "" "$(on_vnet0)"
	# One that was killed while it was made counts until it is swept.
	atf_check -o ignore jail -c name=a $one
	kill_before_settle jail -c name=b $one
	atf_check -o ignore jail -r a
	atf_check -o ignore jail -c name=c path=/home/r persist
	atf_check -o ignore jail -r c
	[ -z "$(jls jid)" ] || atf_check -o ignore jail -r b
	atf_check_equal "" "$(on_vnet0)"
	# One whose keeper knew nothing of an alias, and that ends by itself.
	atf_check -o ignore jail -c name=a $one
	atf_check -o ignore jail -c name=b path=/home/r ip4=disable \
	    exec.start="/bin/sleep 86401 &"
	atf_check -o ignore jail -m name=b ip4.addr=192.168.1.50
	atf_check -o ignore jail -r a
	atf_check_equal "192.168.1.50/24" "$(on_vnet0)"
	kill "$(pgrep -f "sleep 86401")"
	wait_for 10 sh -c '[ -z "$(jls jid)" ]'
	atf_check -o ignore jail -c name=c path=/home/r persist
	atf_check -o ignore jail -r c
	atf_check_equal "" "$(on_vnet0)"
	atf_check -o inline:"" sh -c 'ls /run/jail'
}

atf_test_case holders
holders_head() {
	atf_set descr "who has an address is known without reading every record, whatever was lost of that"
}
holders_body() {
	setup
	at() { # ADDRESS: who is entered there
		readlink "/run/jail/.addr/$1" | tr -cd '0-9,'
	}
	new() { # NAME ADDRESSES
		jail -i -c name="$1" path=/home/r persist interface=vtnet0 ip4.addr="$2"
	}
	a=$(new a 192.168.1.50/24)
	b=$(new b 192.168.1.50/24)
	c=$(new c 192.168.1.51/24,192.168.1.52/24)
	atf_check_equal "$a,$b," "$(at 192.168.1.50)"
	atf_check_equal "$c," "$(at 192.168.1.52)"
	clash() {
		atf_check -s exit:1 -o ignore -e match:"IPv4 addresses clash" \
		    jail -c name=e path=/home/r persist ip4.addr="$1"
	}
	clash 192.168.1.52,192.168.1.53
	clash 192.168.1.52
	# Killed at any of its writes: a sweep finds who is entered.
	for call in symlinkat renameat mkdirat; do
		for nth in 1 2 3 4 5; do
			{ strace -qq -f -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$nth -- \
			    jail -c name=e path=/home/r ip4.addr=192.168.1.55 command=/bin/true; } >/dev/null 2>&1
		done
	done
	atf_check -o ignore jail -c name=e path=/home/r persist
	atf_check -o ignore jail -r e
	atf_check_equal "" "$(at 192.168.1.55)"
	atf_check_equal "" "$(at 192.168.1.53)"
	# Taken on while it runs.
	atf_check -o ignore jail -m name=b ip4.addr=192.168.1.54
	atf_check_equal "$b," "$(at 192.168.1.54)"
	# All of it lost, or never there.
	rm -r /run/jail/.addr
	clash 192.168.1.52
	clash 192.168.1.54,192.168.1.53
	# Killed in the middle of making it anew.
	mkdir /run/jail/.addr
	ln -s "$a," /run/jail/.addr/192.168.1.52
	clash 192.168.1.52
	d=$(new d 192.168.1.53/24)
	atf_check_equal "$c," "$(at 192.168.1.51)"
	atf_check_equal "$b," "$(at 192.168.1.54)"
	# Named in vain: one that is gone.
	ln -sf "$d,99999," /run/jail/.addr/192.168.1.53
	atf_check -o ignore jail -r d
	atf_check_equal "" "$(at 192.168.1.53)"
	ln -s '*' /run/jail/.addr/192.168.1.53
	d=$(new d 192.168.1.53/24)
	clash 192.168.1.53,192.168.1.51
	atf_check -o ignore jail -r a b c d
	atf_check -o inline:"" sh -c 'ls /run/jail'
	atf_check_equal "" "$(on_vnet0)"
}

atf_init_test_cases() {
	atf_add_test_case holders
	atf_add_test_case sharing
	atf_add_test_case crowd
}
