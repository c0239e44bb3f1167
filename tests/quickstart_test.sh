#!/usr/bin/env atf-sh
# ./quickstart: what it refuses, and from nothing to two jails and back.
. "$(dirname "$0")/env.subr"

quickstart=$GAOL_TESTS/../quickstart

atf_test_case refuses
refuses_head() {
	atf_set descr "Not root, no Debian, no cgroup2, no BPF, nothing to clean: each by its own sentence"
}
refuses_body() {
	gaol_env
	gaol_user someone
	cp "$quickstart" /usr/local/bin/qs
	atf_check -s exit:1 -e inline:"quickstart: must be run as root (sudo ./quickstart)\n" as_user someone qs
	atf_check -s exit:1 -e inline:"quickstart: must be run as root (sudo ./quickstart clean)\n" as_user someone qs clean
	atf_check -s exit:1 -e inline:"quickstart: unknown word: up (./quickstart, or ./quickstart clean)\n" qs up
	atf_check -s exit:1 -e match:"nothing to clean: /var/lib/gaol-quickstart has no record" qs clean
	atf_check -o match:"./quickstart clean" qs --help
	mv /etc/debian_version /etc/debian_version.not
	atf_check -s exit:1 -e match:"this is no Debian: quickstart installs packages by apt-get" qs
	mv /etc/debian_version.not /etc/debian_version
	grep -v bpf /proc/filesystems >filesystems
	atf_check mount --bind filesystems /proc/filesystems
	atf_check -s exit:1 -e match:"this kernel has no BPF" qs
	umount /proc/filesystems
	atf_check -s exit:1 -e match:"no cgroup2 is mounted: Gaol keeps its jails in cgroup v2" \
	    unshare --mount sh -c "umount $GAOL_CGROUP_MOUNT && qs"
	atf_check test ! -e /var/lib/gaol-quickstart
}

atf_test_case whole
whole_head() {
	atf_set descr "quickstart, twice, its jails, and clean: the machine is as it was"
	atf_set timeout 3600
}
whole_body() {
	gaol_env
	gaol_world
	gaol_overlay /var/lib lib || atf_fail "cannot mount on /var/lib"
	# A machine on which nothing of ours is yet.
	(cd "$GAOL_STAGE/root" && find . ! -type d) | while read -r file; do
		rm "/$file"
	done
	find /usr/local/bin /usr/local/sbin -lname "$GAOL_STAGE/*" -delete
	gaol_snapshot
	# A cgroup2 of its own, in which there is no gaol yet, and no state directory.
	cat >inside <<-'END'
		fail() {
			echo "$*"
			exit 1
		}
		umount "$GAOL_CGROUP_MOUNT" && mount -t cgroup2 none "$GAOL_CGROUP_MOUNT" || fail "no cgroup2"
		mount -t tmpfs -o mode=0755 run /run && mkdir /run/lock || fail "no /run"
		unset GAOL_CGROUP
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		"$1" >first 2>&1 || fail "the first time: $(tail -n 50 first)"
		[ "$(jls name | paste -sd' ')" = "one two" ] || fail "$(jls)"
		[ "$(jls -j two ip4.addr)" = 127.0.2.2 ] || fail "$(jls)"
		jexec one sh -c '>/usr/x' 2>/dev/null && fail "the base can be written"
		jexec one sh -c 'echo mine >/etc/x' || fail "etc cannot be written"
		[ ! -e /home/jail/base/etc/x ] && [ ! -e /home/jail/two/etc/x ] || fail "etc is shared"
		[ "$(stat -c %a /home/jail)" = 700 ] || fail "others can search /home/jail"
		jexec one ps ax | grep -q cron || fail "no cron: $(jexec one ps ax)"
		"$1" >second 2>&1 || fail "the second time: $(tail -n 50 second)"
		grep -q 'one runs already' second || fail "$(cat second)"
		jexec one cat /etc/x | grep -q mine || fail "a file of jail one is gone"
		# Another jail's files would go with it: first that jail must.
		jail -c name=other path=/home/jail/base persist || fail "no third jail"
		"$1" clean >third 2>&1 && fail "clean went on with another jail running"
		grep -q 'not from here, and need what would go: other' third || fail "$(cat third)"
		jail -q -r other
		"$1" clean >fourth 2>&1 || fail "clean: $(cat fourth)"
		grep -q 'all as they were before' fourth || fail "$(cat fourth)"
		for path in /home/jail /run/jail /etc/jail.conf /etc/init.d/jail /sbin/mount.nullfs \
		    /usr/local/sbin/jail /var/lib/gaol-quickstart "$GAOL_CGROUP_MOUNT/gaol"; do
			[ ! -e "$path" ] || fail "$path is still there"
		done
		# An existing jail.conf is left alone, and a leftover is seen.
		echo '# mine' >/etc/jail.conf
		"$1" >fifth 2>&1 || fail "with a jail.conf: $(tail -n 50 fifth)"
		[ "$(cat /etc/jail.conf)" = '# mine' ] || fail "jail.conf was written over"
		grep -q 'jail -f /usr/local/etc/jail.quickstart.conf -r one' fifth || fail "$(cat fifth)"
		touch /etc/leftover
		"$1" clean >sixth 2>&1 && fail "a leftover was not seen"
		grep -q '+file .* /etc/leftover' sixth || fail "$(cat sixth)"
		[ "$(cat /etc/jail.conf)" = '# mine' ] || fail "jail.conf is gone"
		exit 0
	END
	cat >start <<-'END'
		mkdir -p "$GAOL_CGROUP_MOUNT/$GAOL_CGROUP"
		echo $$ >"$GAOL_CGROUP_MOUNT/$GAOL_CGROUP/cgroup.procs" || exit 1
		exec unshare --mount --cgroup sh ./inside "$1"
	END
	# The packages of the cached world, so that it is taken as it is.
	EXTRA_PACKAGES=nginx-light
	export EXTRA_PACKAGES
	atf_check -o empty -e ignore sh ./start "$quickstart"
}

atf_init_test_cases() {
	atf_add_test_case refuses
	atf_add_test_case whole
}
