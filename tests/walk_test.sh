#!/usr/bin/env atf-sh
# The walkthrough: what the how-to types, as it types it (its rows are named W0 ... W12).
. "$(dirname "$0")/env.subr"

header="   JID  IP Address      Hostname                      Path"

given() { # row W0
	gaol_env
	gaol_net
	mkdir -p /home/jail/net/dev /home/jail/net/usr /home/jail/rw /usr/ports/distfiles \
	    /usr/ports/misc/hello
	echo "a port" >/usr/ports/misc/hello/pkg-descr
}

base() { # rows W1 and W2, whose own tests look closer
	gaol_base /home/jail/base
}

row() { # JID ADDRESS HOSTNAME PATH: a line of jls
	printf '%6d  %-15.15s %-29.29s %.74s' "$1" "$2" "$3" "$4"
}

# The loops and files of the how-to up to jail.conf, W5 to W8, as far as W10 stands on them.
directories() {
	for i in 01 02; do
		mkdir -p /home/jail/jail_${i}
		mkdir -p /home/jail/jail_${i}/usr/ports
		mkdir -p /home/jail/jail_${i}/dev
		mkdir -p /home/jail/jail_${i}/tmp
		for d in bin lib libexec sbin etc home var root usr; do
			mkdir -p /home/jail/jail_${i}/${d}
		done
	done
	mkdir -p /home/jail/rw/distfiles
	cat >/etc/devfs.rules <<-'END'
		[devfsrules_jailnet=1000]
		add include $devfsrules_hide_all
		add include $devfsrules_unhide_basic
		add include $devfsrules_unhide_login
		add path zfs unhide
		add path mem unhide
		add path kmem unhide
		add path 'bpf*' unhide
	END
	atf_check service devfs restart
	cp "$GAOL_TESTS/seed.jail.conf" /etc/jail.conf
}

atf_test_case w1_w2
w1_w2_head() {
	atf_set descr "W1, W2: installworld and distribution, again, and refusals"
	atf_set timeout 600
}
w1_w2_body() {
	given
	gaol_world
	cd "$GAOL_STAGE/share/gaol/world" || atf_fail "no world"
	mkdir -p /home/jail/base
	atf_check -o ignore make installworld DESTDIR=/home/jail/base
	atf_check -o ignore make distribution DESTDIR=/home/jail/base
	for dir in libexec usr/ports var/portbuild; do
		[ -d /home/jail/base/$dir ] || atf_fail "no /home/jail/base/$dir"
	done
	echo '# mine' >>/home/jail/base/etc/rc.conf
	echo 'nameserver 192.168.1.1' >/home/jail/base/etc/resolv.conf
	cp /home/jail/base/etc/rc.conf rc.conf.mine 2>/dev/null || cp /home/jail/base/etc/rc.conf /tmp/mine.$$
	atf_check -o ignore make distribution DESTDIR=/home/jail/base
	atf_check -o inline:"# mine\n" tail -n 1 /home/jail/base/etc/rc.conf
	atf_check -o inline:"nameserver 192.168.1.1\n" cat /home/jail/base/etc/resolv.conf
	atf_check -s not-exit:0 -o ignore -e match:"DESTDIR" make installworld
	atf_check -s not-exit:0 -o ignore -e match:"DESTDIR" make installworld DESTDIR=/
	rm -f /tmp/mine.$$
}

atf_test_case w3
w3_head() {
	atf_set descr "W3: jail -c path=... command=/bin/sh, looked at from another terminal"
}
w3_body() {
	given
	base
	gaol_user someone
	cat >steps <<-'END'
		expect #
		send echo in-$((40 + 2))\n
		expect in-42
		send stty size\n
		expect 24 80
		size 30 100
		send stty size\n
		expect 30 100
		send touch /home/ready\n
		send read x; exit 3\n
		expect read x
	END
	(
		cat steps
		while [ ! -e /home/jail/base/home/looked ]; do sleep 0.05; done
		printf 'send \\n\nend\n'
	) | ptydrive jail -c path=/home/jail/base command=/bin/sh >typescript &
	wait_for 20 test -e /home/jail/base/home/ready
	atf_check -o inline:"$header\n$(row 1 '' '' /home/jail/base)\n" jls
	atf_check -o inline:"$header\n$(row 1 '' '' /home/jail/base)\n" as_user someone jls
	touch /home/jail/base/home/looked
	wait $! && atf_fail "the shell's status 3 was lost: $(cat typescript)"
	atf_check -o inline:"$header\n" jls
	atf_check -o inline:"$header\n" as_user someone jls
}

atf_test_case w3_status
w3_status_head() {
	atf_set descr "W3: how jail(8) reports the end of its command"
}
w3_status_body() {
	given
	gaol_tiny_root /home/jail/base
	atf_check jail -c path=/home/jail/base command=/bin/true
	atf_check -s exit:1 -e inline:"jail: /bin/false: failed\n" \
	    jail -c path=/home/jail/base command=/bin/false
	atf_check -o inline:"$header\n" jls
	atf_check -o inline:"hello world\n" jail -c path=/home/jail/base command=/bin/echo hello world
	# With an address, which goes on the interface and off again.
	peer "$GAOL_TOOLS/init" tcp listen 192.168.1.2 7000 >log &
	wait_for 5 grep -q listening log
	atf_check -o inline:"192.168.1.9 -> 192.168.1.2\nhello\n" jail -c path=/home/jail/base \
	    ip4.addr=192.168.1.9/24 interface=vtnet0 command=/bin/tcp connect 192.168.1.2 7000
	wait $!
	atf_check -o inline:"listening\n192.168.1.2 <- 192.168.1.9\n" cat log
	# Without an interface the address must be somewhere already.
	atf_check -o inline:"listening\n" jail -c path=/home/jail/base ip4.addr=192.168.1.1 \
	    command=/bin/tcp listen 192.168.1.1 7000 0
	atf_check -o not-match:192.168.1.9 ip addr show dev vtnet0
}

atf_test_case w4
w4_head() {
	atf_set descr "W4: persist, and nopersist by jail -m"
}
w4_body() {
	given
	gaol_tiny_root /home/jail/base
	atf_check jail -c path=/home/jail/base persist
	atf_check -o inline:"$header\n$(row 1 '' '' /home/jail/base)\n" jls
	atf_check -o inline:"uid=0 gid=0 groups=\n" jexec 1 /bin/id
	atf_check jail -m jid=1 nopersist
	atf_check -o inline:"$header\n" jls
	# With a process inside it stays until that ends.
	atf_check jail -c path=/home/jail/base persist
	atf_check -o inline:"$header\n$(row 2 '' '' /home/jail/base)\n" jls
	jexec 2 /bin/sleep 600 &
	pid=$!
	wait_for 10 sh -c 'jexec 2 /bin/ps | grep -q sleep'
	atf_check jail -m jid=2 nopersist
	atf_check -o inline:"$header\n$(row 2 '' '' /home/jail/base)\n" jls
	kill $pid
	wait $pid
	wait_for 10 sh -c '[ "$(jls | wc -l)" -eq 1 ]'
}

atf_test_case w5
w5_head() {
	atf_set descr "W5: the loop of mount -t nullfs"
}
w5_body() {
	given
	base
	sed -n '/^for i in/,/^done/p' "$GAOL_TESTS/seed.mounts" >loop
	atf_check sh ./loop
	for i in 01 02; do
		for d in bin lib libexec sbin; do
			atf_check -s not-exit:0 -e match:"Read-only file system" \
			    touch /home/jail/jail_$i/$d/x
		done
		for d in etc home var root usr; do
			atf_check touch /home/jail/jail_$i/$d/x
			atf_check test -e /home/jail/base/$d/x
			atf_check rm /home/jail/jail_$i/$d/x
		done
	done
	atf_check -o match:"on /home/jail/jail_01/bin type" mount
	atf_check -o match:"/home/jail/jail_02/usr" mount
	for i in 01 02; do
		for d in bin lib libexec sbin etc home var root usr; do
			atf_check umount /home/jail/jail_$i/$d
		done
	done
	atf_check -o not-match:"/home/jail/jail_" mount
}

atf_test_case w6
w6_head() {
	atf_set descr "W6: mount -t devfs -o ruleset=4"
}
w6_body() {
	given
	atf_check mount -t devfs -o ruleset=4 devfs /home/jail/net/dev
	for node in null zero random urandom tty pts fd stdin stdout stderr; do
		[ -e /home/jail/net/dev/$node ] || [ -L /home/jail/net/dev/$node ] ||
		    atf_fail "no $node: $(ls /home/jail/net/dev)"
	done
	for node in full mem kmem kmsg ttyS0 console vda sda port; do
		atf_check test ! -e /home/jail/net/dev/$node
	done
	atf_check umount /home/jail/net/dev
}

atf_test_case w7
w7_head() {
	atf_set descr "W7: /etc/devfs.rules, service devfs restart, ruleset 1000"
}
w7_body() {
	given
	atf_check mount -t devfs -o ruleset=4 devfs /home/jail/net/dev
	directories
	atf_check test ! -e /home/jail/net/dev/mem
	atf_check umount /home/jail/net/dev
	atf_check mount -t devfs -o ruleset=1000 devfs /home/jail/net/dev
	if [ -e /dev/mem ]; then
		atf_check test -c /home/jail/net/dev/mem
	fi
	atf_check test -c /home/jail/net/dev/null
	atf_check umount /home/jail/net/dev
}

atf_test_case w8
w8_head() {
	atf_set descr "W8: the ports tree read-only, distfiles above it"
}
w8_body() {
	given
	base
	mkdir -p /home/jail/net/usr
	atf_check mount -t nullfs /home/jail/base/usr /home/jail/net/usr
	atf_check mount -t nullfs -o ro /usr/ports /home/jail/net/usr/ports
	atf_check mount -t nullfs -o ro /usr/ports /home/jail/base/usr/ports
	atf_check mkdir -p /home/jail/rw/distfiles
	atf_check mount -t nullfs /home/jail/rw/distfiles /home/jail/net/usr/ports/distfiles
	atf_check touch /home/jail/net/usr/ports/distfiles/x
	atf_check test -e /home/jail/rw/distfiles/x
	atf_check -s not-exit:0 -e match:"Read-only file system" touch /home/jail/net/usr/ports/x
	atf_check -s not-exit:0 -e match:"Resource deadlock avoided" \
	    mount -t nullfs /home/jail/rw/distfiles /home/jail/net/usr/ports/distfiles
	atf_check umount /home/jail/net/usr/ports/distfiles
	# What the author wanted first, and FreeBSD refused.
	atf_check mount -t nullfs /usr/ports/distfiles /home/jail/net/usr/ports/distfiles
	atf_check touch /home/jail/net/usr/ports/distfiles/y
	atf_check test -e /usr/ports/distfiles/y
	atf_check umount /home/jail/net/usr/ports/distfiles
	atf_check umount /home/jail/net/usr/ports
	atf_check umount /home/jail/base/usr/ports
	atf_check umount /home/jail/net/usr
}

nginx_ready() { # as Debian configures it
	echo 'nginx_enable="YES"' >>/home/jail/base/etc/rc.conf
}

no_alias() {
	atf_check -o not-match:'192.168.1.13[45]' ip addr show dev vtnet0
}

atf_test_case w10
w10_head() {
	atf_set descr "W10: the how-to's jail.conf, byte for byte"
	atf_set timeout 600
}
w10_body() {
	given
	base
	directories
	nginx_ready
	gaol_snapshot
	# Between them stands what /etc/rc says in each.
	atf_check -o inline:"jail_01: created\njail_02: created\n" -x "jail -c | grep ^jail | sort"
	atf_check -o inline:"$header
$(row 1 192.168.1.134 jail_01 /home/jail/jail_01)
$(row 2 192.168.1.135 jail_02 /home/jail/jail_02)\n" -x "jls | sort -n | sed '/JID/d' | { echo '$header'; cat; }"
	atf_check -o match:"inet 192.168.1.134/24" ip addr show dev vtnet0
	atf_check -o match:"inet 192.168.1.135/24" ip addr show dev vtnet0
	atf_check -o inline:"jail_01\n" jexec jail_01 hostname
	# Both serve port 80 at once; host, the other jail and the second host reach them.
	for addr in 192.168.1.134 192.168.1.135; do
		wait_for 20 curl -s -m 2 -o /dev/null http://$addr/
		atf_check -o match:"nginx" curl -s -m 5 http://$addr/
		atf_check -o match:"nginx" peer curl -s -m 5 http://$addr/
	done
	atf_check -s not-exit:0 curl -s -m 5 http://192.168.1.1/
	atf_check -o match:" 0% packet loss" peer ping -c 1 -W 2 192.168.1.134
	# /home is shared, /tmp is not.
	atf_check jexec jail_01 sh -c 'echo one >/home/file && echo one >/tmp/file'
	atf_check -o inline:"one\n" jexec jail_02 cat /home/file
	atf_check -s exit:1 -e match:"No such file" jexec jail_02 cat /tmp/file
	atf_check -o inline:"1777\n" jexec jail_01 stat -c %a /tmp
	# The eleven mounts, read-only where it says so.
	atf_check -s exit:2 -e match:"Read-only file system" jexec jail_01 sh -c '>/bin/x'
	atf_check -s exit:2 -e match:"Read-only file system" jexec jail_01 sh -c '>/usr/ports/x'
	atf_check jexec jail_01 sh -c '>/usr/ports/distfiles/x'
	atf_check jexec jail_01 sh -c '>/usr/x && rm /usr/x'
	atf_check -o inline:"a port\n" jexec jail_02 cat /usr/ports/misc/hello/pkg-descr
	# jail_01 goes alone.
	atf_check -o inline:"jail_01: removed\n" -x "jail -r jail_01 | grep ^jail"
	atf_check -o match:"nginx" curl -s -m 5 http://192.168.1.135/
	atf_check -o not-match:192.168.1.134 ip addr show dev vtnet0
	atf_check -o match:"inet 192.168.1.135/24" ip addr show dev vtnet0
	atf_check -o inline:"$header\n$(row 2 192.168.1.135 jail_02 /home/jail/jail_02)\n" jls
	atf_check -o inline:"jail_01: created\n" -x "jail -c jail_01 | grep ^jail"
	wait_for 20 curl -s -m 2 -o /dev/null http://192.168.1.134/
	atf_check -o inline:"jail_01: removed\njail_02: removed\n" -x "jail -r '*' | grep ^jail | sort"
	atf_check -o inline:"$header\n" jls
	no_alias
	# The skeleton is taken away again.
	atf_check -o inline:"bin\ndev\netc\nhome\nlib\nlibexec\nroot\nsbin\ntmp\nusr\nvar\n" \
	    ls /home/jail/jail_01
}

atf_test_case w11
w11_head() {
	atf_set descr "W11: service jail onestart, onestop"
	atf_set timeout 600
}
w11_body() {
	given
	base
	directories
	gaol_snapshot
	cat >/etc/rc.conf <<-'END'
		jail_enable="NO"
		jail_list="jail_01 jail_02"
	END
	atf_check -o inline:"Cannot 'start' jail. Set jail_enable to YES in /etc/rc.conf or use 'onestart' instead of 'start'.\n" \
	    service jail start
	atf_check -o inline:"$header\n" jls
	atf_check -o inline:"Starting jails: jail_01 jail_02.\n" service jail onestart
	atf_check -o inline:"jail_01\njail_02\n" -x "jls name | sort"
	# Twice is no error of the script's, and changes nothing.
	atf_check -o match:'jail "jail_01" already exists|"jail_01" already exists' service jail onestart
	atf_check -o inline:"jail_01\njail_02\n" -x "jls name | sort"
	# A third jail, not listed, stays.
	gaol_tiny_root /home/other
	atf_check -o ignore jail -c name=other path=/home/other persist
	# With a shell open inside.
	jexec jail_01 sleep 600 &
	pid=$!
	atf_check -o inline:"Stopping jails: jail_01 jail_02.\n" service jail onestop
	wait $pid
	atf_check -o inline:"other\n" jls name
	atf_check -o ignore jail -r other
	no_alias
	# One by name.
	atf_check -o inline:"Starting jails: jail_02.\n" service jail onestart jail_02
	atf_check -o inline:"jail_02\n" jls name
	atf_check -o inline:"Stopping jails: jail_02.\n" service jail onestop jail_02
	atf_check -o inline:"$header\n" jls
}

# NAME FILE...: a package with these files, in the repository.
package() {
	name=$1
	shift
	mkdir -p deb/DEBIAN
	printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: a test\n' \
	    "$name" >deb/DEBIAN/control
	for file; do
		mkdir -p "deb${file%/*}"
		echo "$name" >"deb$file"
	done
	dpkg-deb -b --root-owner-group deb "repo/$name.deb" >/dev/null || atf_fail "dpkg-deb"
	rm -r deb
}

atf_test_case w9_debian
w9_debian_head() {
	atf_set descr "W9, Debian's way: packages from an archive that two jails share, over HTTP"
	atf_set timeout 600
}
w9_debian_body() {
	given
	base
	directories
	mkdir repo
	package usr-only /usr/share/usr-only/file
	package usr-too /usr/share/usr-too/file
	package in-bin /bin/in-bin
	# nginx itself, from what the base was made of.
	cp /var/cache/gaol/world/stage/*nginx*.deb repo/ || atf_fail "no nginx"
	(cd repo && for deb in *.deb; do
		dpkg-deb --showformat='${Package} ${Architecture} ${Version}\n' -W "$deb"
	done >../manifest)
	sh "$GAOL_STAGE/share/gaol/world/index.sh" repo "$PWD/manifest" || atf_fail "index.sh"
	# The second host serves it, with the base's nginx.
	mkdir -p /home/web
	mount --bind /home/jail/base /home/web
	mount --bind repo /home/web/mnt
	cat >/home/web/repo.conf <<-'END'
		error_log /tmp/repo.log;
		pid /tmp/repo.pid;
		events { }
		http { server { listen 192.168.1.2:80; root /mnt; } access_log off; }
	END
	peer chroot /home/web /usr/sbin/nginx -c /repo.conf || atf_fail "nginx"
	rm -f /home/jail/base/etc/apt/sources.list.d/* /home/jail/base/etc/apt/sources.list
	echo 'deb [trusted=yes] http://192.168.1.2/ ./' >/home/jail/base/etc/apt/sources.list
	gaol_snapshot
	sed -i 's,^exec.*,exec.clean; persist;,' /etc/jail.conf
	atf_check -o ignore -e ignore jail -c
	atf_check -o ignore -e ignore jexec jail_01 apt-get update
	# Both at once: one waits for the other.
	apt="apt-get -y -o DPkg::Lock::Timeout=120 install"
	jexec jail_01 $apt usr-only >one 2>&1 &
	one=$!
	jexec jail_02 $apt usr-too >two 2>&1 || atf_fail "$(cat two)"
	wait $one || atf_fail "$(cat one)"
	for jail in jail_01 jail_02; do
		atf_check -o inline:"usr-only\nusr-too\n" \
		    jexec $jail cat /usr/share/usr-only/file /usr/share/usr-too/file
	done
	# A read-only /bin.
	atf_check -s exit:100 -o match:"Read-only file system" -e ignore jexec jail_01 $apt in-bin
	atf_check -o match:"write: drop the bin, lib, sbin lines: usr covers them" jail --check
	jexec jail_01 dpkg --force-all --purge in-bin >/dev/null 2>&1
	atf_check -o ignore jail -r '*'
	sed -i '/base.(bin|sbin|lib) /d' -E /etc/jail.conf
	sed -i '0,/^mount +=/s//mount =/' /etc/jail.conf
	atf_check -o not-match:"usr covers them" jail --check
	atf_check -o ignore -e ignore jail -c
	jexec jail_01 $apt in-bin >out 2>&1 || atf_fail "$(cat out)"
	atf_check -o inline:"in-bin\n" jexec jail_02 cat /bin/in-bin
	atf_check -o ignore -e ignore jexec jail_01 apt-get -y purge '*nginx*'
	atf_check -s exit:1 -e match:"No such file" jexec jail_02 nginx -v
	jexec jail_02 env DEBIAN_FRONTEND=noninteractive $apt nginx >out 2>&1 || atf_fail "$(cat out)"
	atf_check -e match:"nginx version" jexec jail_02 nginx -v
	atf_check -o ignore jail -r '*'
}

# NAME [LSB LINE]...: a script in the base that writes down what it is told; `hold` leaves a
# process that hears nothing.
service_script() {
	name=$1
	shift
	{
		printf '#!/bin/sh\n### BEGIN INIT INFO\n'
		printf '# %s\n' "Provides: $name" "$@" "Default-Start: 2 3 4 5" "Default-Stop: 0 1 6"
		printf '### END INIT INFO\necho "%s $1" >>/services\n' "$name"
		[ "$name" != hold ] || cat <<-'END'
			[ "$1" = stop ] || (trap '' TERM HUP; exec sleep 1000) &
		END
	} >"/home/jail/base/etc/init.d/$name"
	chmod 755 "/home/jail/base/etc/init.d/$name"
	echo "${name}_enable=YES" >>/home/jail/base/etc/rc.conf
}

atf_test_case services
services_head() {
	atf_set descr "Services in their order, stopped by their scripts; one that ignores it is killed and named"
	atf_set timeout 600
}
services_body() {
	given
	base
	# In the order of their names they would start the other way round.
	service_script aa "Required-Start: zz"
	service_script zz 'Required-Start: $syslog'
	service_script hold "Required-Start: aa"
	nginx_ready
	cat >/etc/jail.conf <<-'END'
		j {
			path = /home/jail/base;
			interface = vtnet0;
			ip4.addr = 192.168.1.134/24;
			mount.devfs;
			exec.start = "/bin/sh /etc/rc";
			exec.stop = "/bin/sh /etc/rc.shutdown";
			stop.timeout = 2;
		}
	END
	gaol_snapshot
	atf_check -o match:"^j: created$" jail -c j
	atf_check -o inline:"zz start\naa start\nhold start\n" cat /home/jail/base/services
	wait_for 20 curl -s -m 2 -o /dev/null http://192.168.1.134/
	wait_for 10 sh -c 'jexec j ps -A | grep -q sleep'
	rm /home/jail/base/services
	before=$(date +%s)
	# nginx, cron and the log daemon went when they were told: only one name is said.
	atf_check -o match:"^j: removed$" \
	    -e match:"^jail: j: killed after stop.timeout: [0-9]+ \(sleep\)$" jail -r j
	[ $(($(date +%s) - before)) -le 8 ] || atf_fail "it took $(($(date +%s) - before)) s"
	atf_check -o inline:"hold stop\naa stop\nzz stop\n" cat /home/jail/base/services
	rm /home/jail/base/services
}

atf_test_case w12
w12_head() {
	atf_set descr "W12: jexec, with sudo, tcsh on a terminal, users inside and outside"
	atf_set timeout 600
}
w12_body() {
	given
	base
	directories
	gaol_snapshot
	atf_check -o ignore jail -c jail_01
	gaol_user someone
	echo 'someone ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/someone
	chmod 440 /etc/sudoers.d/someone
	jexec jail_01 ls >want || atf_fail "jexec jail_01 ls"
	grep -q '^usr$' want || atf_fail "ls shows no usr: $(cat want)"
	atf_check -o file:want as_user someone sudo jexec jail_01 ls
	# tcsh on a terminal: job control, window size, status.
	cat >steps <<-'END'
		expect #
		send stty size\n
		expect 24 80
		size 31 101
		send stty size\n
		expect 31 101
		send sh -c 'echo wait"-"1; exec sleep 600'\n
		expect wait-1
		send \x1a
		expect Suspended
		send jobs\n
		expect sleep 600
		send kill %1; wait; echo gone-`expr 40 + 3`\n
		expect gone-43
		send sh -c 'echo wait"-"2; exec sleep 601'\n
		expect wait-2
		send \x03
		send echo again-`expr 40 + 2`\n
		expect again-42
		send exit 7\n
		end
	END
	atf_check -s exit:7 -o ignore ptydrive jexec jail_01 tcsh -f <steps
	# An account made inside; one of the host's by number.
	atf_check -o ignore -e ignore jexec jail_01 useradd -m -u 1234 inmate
	atf_check -o inline:"uid=1234(inmate) gid=1234(inmate) groups=1234(inmate)\n" \
	    jexec -U inmate jail_01 id
	uid=$(id -u someone)
	atf_check -o match:"^uid=$uid" jexec -u someone jail_01 id
	atf_check -s exit:1 -e inline:"jexec: inmate: no such user\n" jexec -u inmate jail_01 id
	atf_check -s exit:5 jexec jail_01 sh -c 'exit 5'
	atf_check -o ignore jail -r jail_01
	no_alias
}

atf_init_test_cases() {
	atf_add_test_case w1_w2
	atf_add_test_case w3
	atf_add_test_case w3_status
	atf_add_test_case w4
	atf_add_test_case w5
	atf_add_test_case w6
	atf_add_test_case w7
	atf_add_test_case w8
	atf_add_test_case w10
	atf_add_test_case w11
	atf_add_test_case w9_debian
	atf_add_test_case services
	atf_add_test_case w12
}
