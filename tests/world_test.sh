#!/usr/bin/env atf-sh
# world/: what buildworld takes from the host, where installworld and distribution may
# write, and the rc of a jail.  Trees are made up but in the last cases, which need a base.
. "$(dirname "$0")/env.subr"

world=$GAOL_STAGE/share/gaol/world

# script NAME [HEADER-LINE...]: an init script below ./root that tells what it is asked.
script() {
	name=$1
	shift
	{
		printf '#!/bin/sh\n### BEGIN INIT INFO\n'
		[ $# -eq 0 ] || printf '# %s\n' "$@"
		printf '### END INIT INFO\necho "%s $*" >>%s/log\n' "$name" "$PWD"
		printf '[ ! -f %s/fail.%s ]\n' "$PWD" "$name"
	} >"root/etc/init.d/$name"
	chmod 755 "root/etc/init.d/$name"
}

tree() {
	gaol_env
	mkdir -p root/etc/init.d root/etc/defaults root/run root/dev root/tmp
	cp "$world/etc/rc" "$world/etc/rc.subr" "$world/etc/rc.shutdown" "$world/etc/rc.conf" root/etc/
	cp "$world/etc/defaults/rc.conf" root/etc/defaults/
	RC_ROOT=$PWD/root
	export RC_ROOT
	: >log
}

# runs WANT: /etc/rc starts these, in this order, and /etc/rc.shutdown stops them, reversed.
runs() {
	: >log
	atf_check -o empty sh root/etc/rc
	printf '%s\n' "$@" | sed '/^$/d; s/$/ start/' >want
	atf_check diff -u want log
	: >log
	atf_check -o empty sh root/etc/rc.shutdown
	printf '%s\n' "$@" | sed '/^$/d; s/$/ stop/' | tac >want
	atf_check diff -u want log
}

atf_test_case order
order_head() {
	atf_set descr "Services start in the order of their LSB headers, and stop in reverse"
}
order_body() {
	tree
	script zeta 'Provides: base-thing'
	script alpha 'Required-Start: $remote_fs base-thing'
	script beta 'Should-Start: alpha nobody' 'Required-Start: $syslog'
	script early 'X-Start-Before: zeta'
	script all-last 'Required-Start: $all'
	script xylo
	script rsyslog 'Provides: rsyslog'
	script cron 'Required-Start: $remote_fs $syslog $time'
	script off
	for name in zeta alpha beta early all_last xylo; do
		echo "${name}_enable=YES" >>root/etc/rc.conf
	done
	runs early rsyslog cron xylo zeta alpha beta all-last
}

atf_test_case enable
enable_head() {
	atf_set descr "What rc.conf enables: X_enable, default NO, syslogd and cron YES"
}
enable_body() {
	tree
	script cron
	script inetutils-syslogd
	script ssh
	script my-daemon.2
	runs cron inetutils-syslogd
	echo 'cron_enable="NO"' >root/etc/rc.conf
	runs inetutils-syslogd
	echo 'syslogd_enable="NO"' >>root/etc/rc.conf
	runs ''
	printf '%s\n' 'ssh_enable=on' 'my_daemon_2_enable=1' >>root/etc/rc.conf
	runs my-daemon.2 ssh
	echo 'ssh_enable=NO' >root/etc/rc.conf.local
	runs my-daemon.2
	mkdir root/etc/rc.conf.d
	echo 'my_daemon_2_enable=NO' >root/etc/rc.conf.d/my_daemon_2
	runs ''
	# Of two syslog daemons the one without a word of its own is meant.
	script rsyslog
	printf '%s\n' 'cron_enable=NO' 'inetutils_syslogd_enable=NO' >root/etc/rc.conf
	runs rsyslog
	echo 'rsyslog_enable=NO' >>root/etc/rc.conf
	runs ''
	echo 'ssh_enable=maybe' >root/etc/rc.conf.local
	atf_check -e inline:"/etc/rc: WARNING: \$ssh_enable is not set properly - see rc.conf(5).\n" sh root/etc/rc
	# A script that may not run, and what dpkg leaves, are no services.
	rm root/etc/rc.conf.local
	printf '%s\n' 'x_enable=YES' 'y_dpkg_old_enable=YES' >>root/etc/rc.conf
	script x
	chmod 644 root/etc/init.d/x
	script y.dpkg-old
	runs ''
}

atf_test_case trouble
trouble_head() {
	atf_set descr "A circle, a service that fails, one that does not stop in time"
}
trouble_body() {
	tree
	printf '%s\n' 'cron_enable=NO' 'a_enable=YES' 'b_enable=YES' 'c_enable=YES' >root/etc/rc.conf
	script a 'Required-Start: b'
	script b 'Required-Start: a'
	script c
	atf_check -e inline:"/etc/rc: WARNING: a waits for itself in a circle; started anyway\n" sh root/etc/rc
	atf_check -o inline:"c start\na start\nb start\n" cat log
	script b
	touch fail.b
	: >log
	atf_check -e inline:"/etc/rc: WARNING: $RC_ROOT/etc/init.d/b start failed: exit status 1\n" sh root/etc/rc
	atf_check -o inline:"b start\na start\nc start\n" cat log
	echo 'rcshutdown_timeout=8' >>root/etc/rc.conf
	rm fail.b
	echo 'sleep 60' >>root/etc/init.d/c
	: >log
	atf_check -e match:"c stop took too long" -e match:"8 seconds are over.*: b is not stopped by its script" \
	    sh root/etc/rc.shutdown
	atf_check -o inline:"c stop\n" cat log
}

atf_test_case rc
rc_head() {
	atf_set descr "/etc/rc makes /tmp 1777, and clears pid files of processes that are no more"
}
rc_body() {
	tree
	chmod 755 root/tmp
	mkdir root/run/sub
	echo 999999 >root/run/old.pid
	echo 999999 >root/run/sub/old.pid
	: >root/run/empty.pid
	echo $$ >root/run/live.pid
	echo 999999 >root/run/other
	printf 'echo local >>%s/log\n' "$PWD" >root/etc/rc.local
	printf 'echo down >>%s/log\nfalse\n' "$PWD" >root/etc/rc.shutdown.local
	atf_check sh root/etc/rc
	atf_check -o inline:"1777\n" stat -c %a root/tmp
	atf_check -o inline:"live.pid\nlock\nother\nsub\nutmp\n" ls root/run
	atf_check -o empty ls root/run/sub
	atf_check -o inline:"/run/log\n" readlink root/dev/log
	atf_check sh root/etc/rc.shutdown
	atf_check -o inline:"local\ndown\n" cat log
	# The command's own PATH is no matter.
	script cron
	rm root/etc/rc.local
	PATH=/nonexistent
	/bin/sh root/etc/rc
	atf_check_equal "$(/usr/bin/tail -n 1 log)" "cron start"
}

atf_test_case sources
sources_head() {
	atf_set descr "Of the host's apt sources, those of Debian's own archive are taken"
}
sources_body() {
	echo 'http://mirror.example/debian	priority:1' >mirrors
	cat >one.list <<-END
		# deb http://commented.example/ bookworm main
		deb http://deb.example/debian bookworm main contrib # note
		deb-src http://deb.example/debian bookworm main
		deb [arch=amd64 signed-by=/etc/apt/keyrings/other.asc] http://other.example/ bookworm stable
		deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg arch=amd64] http://s.example/ bookworm-security main
		deb cdrom:[Debian]/ bookworm main
	END
	cat >two.sources <<-END
		Types: deb deb-src
		URIs: mirror+file://$PWD/mirrors
		Suites: bookworm trixie
		 bookworm-updates
		# a comment
		Components: main

		Enabled: no
		Types: deb
		URIs: http://disabled.example/
		Suites: bookworm

		types: deb
		uris: http://third.example/
		suites: nodistro
	END
	cat >want <<-END
		Types: deb
		URIs: http://deb.example/debian
		Suites: bookworm
		Components: main contrib

		Types: deb
		URIs: http://s.example/
		Suites: bookworm-security
		Components: main
		Architectures: amd64
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

		Types: deb
		URIs: http://mirror.example/debian
		Suites: bookworm bookworm-updates
		Components: main
	END
	cat >left <<-END
		world: apt source left out: http://other.example/ bookworm
		world: apt source left out: cdrom:[Debian]/ bookworm
		world: apt source left out: http://third.example/ nodistro
	END
	atf_check -o file:want -e file:left \
	    awk -v codename=bookworm -f "$world/sources.awk" one.list two.sources
}

fake_base() { # DIRECTORY: enough to be taken for a base
	mkdir -p "$1/var/lib/dpkg" "$1/usr/bin" "$1/etc/default"
	echo '# as packaged' >"$1/etc/default/inetutils-syslogd"
	printf 'Package: inetutils-syslogd\nConffiles:\n /etc/default/inetutils-syslogd %s\n' \
	    "$(md5sum <"$1/etc/default/inetutils-syslogd" | cut -d' ' -f1)" >"$1/var/lib/dpkg/status"
}


atf_test_case refusals
refusals_head() {
	atf_set descr "No DESTDIR, /, the host's own directories, what cannot be written, what is no base"
}
refusals_body() {
	gaol_env
	refused() { # DESTDIR TEXT
		for target in installworld distribution; do
			atf_check -s exit:2 -e match:"world: $target: $2" \
			    make -s -C "$world" WORLDCACHE=/run/cache $target "DESTDIR=$1"
		done
	}
	mkdir -p /run/cache
	refused '' "DESTDIR is not set; say where, for example DESTDIR=/home/jail/base"
	for root in / // /. /home/..; do
		refused $root "DESTDIR=$root is the host's own /; name a directory"
	done
	mkdir -p /home/slash
	mount --bind / /home/slash
	refused /home/slash "DESTDIR=/home/slash is the host's own /;"
	umount /home/slash
	ln -s / /home/link
	refused /home/link "DESTDIR=/home/link is the host's own /;"
	refused /usr "DESTDIR=/usr is the host's own /usr"
	refused /lib "DESTDIR=/lib is the host's own /usr/lib"
	refused jail/base "DESTDIR=jail/base is not an absolute path"
	refused /etc/passwd "DESTDIR=/etc/passwd is not a directory"
	atf_check -s exit:2 -e match:"no world in /run/cache; run: make buildworld" \
	    make -s -C "$world" WORLDCACHE=/run/cache installworld DESTDIR=/home/base
	atf_check test ! -e /home/base
	atf_check -s exit:2 -e match:"/home/base is no base; run: make installworld DESTDIR=/home/base" \
	    make -s -C "$world" WORLDCACHE=/run/cache distribution DESTDIR=/home/base
	# With a world that is there.
	echo 'bookworm amd64 1234' >/run/cache/world.build
	(mkdir content && cd content && mkdir -p usr/bin etc var/lib/dpkg dev &&
	    : >var/lib/dpkg/status && tar cf /run/cache/world.tar .)
	mkdir /home/other
	echo mine >/home/other/file
	atf_check -s exit:2 -e match:"/home/other holds files and is no base; name an empty or a new directory" \
	    make -s -C "$world" WORLDCACHE=/run/cache installworld DESTDIR=/home/other
	mkdir /home/ro
	mount -t tmpfs -o ro ro /home/ro
	atf_check -s exit:2 -e match:"DESTDIR=/home/ro is not writable" \
	    make -s -C "$world" WORLDCACHE=/run/cache installworld DESTDIR=/home/ro
	umount /home/ro
	gaol_user someone
	chmod 755 /home
	atf_check -s exit:2 -e match:"must be run as root" as_user someone make -s -C "$world" buildworld
	# And what is right, twice, and again after an interruption.
	for i in 1 2; do
		atf_check -o ignore make -s -C "$world" WORLDCACHE=/run/cache installworld DESTDIR=/home/base
	done
	atf_check -o inline:"installed 1234\n" cat /home/base/var/lib/gaol/world
	echo 'installing 1234' >/home/base/var/lib/gaol/world
	rmdir /home/base/usr/bin
	atf_check -o match:"interrupted: starting over" \
	    make -s -C "$world" WORLDCACHE=/run/cache installworld DESTDIR=/home/base
	atf_check test -d /home/base/usr/bin
	atf_check -o inline:"pts/ptmx\n" readlink /home/base/dev/ptmx
}

atf_test_case distribution
distribution_head() {
	atf_set descr "distribution keeps what was edited, and renews what was not"
}
distribution_body() {
	gaol_env
	fake_base /home/base
	echo 'nameserver 192.168.1.1' >/home/base/etc/resolv.conf
	atf_check -o match:"world: etc/rc$" -o match:"world: done" make -s -C "$world" WORLDCACHE=/run/cache distribution DESTDIR=/home/base
	for file in rc rc.subr rc.shutdown rc.conf defaults/rc.conf make.conf hosts fstab \
	    default/inetutils-syslogd; do
		atf_check cmp "$world/etc/$file" "/home/base/etc/$file"
	done
	atf_check -o inline:"nameserver 192.168.1.1\n" cat /home/base/etc/resolv.conf
	for dir in libexec usr/ports var/portbuild; do
		atf_check test -d "/home/base/$dir"
	done
	cp -a /home/base before
	atf_check -o inline:"world: done: /home/base is ready, for example: jail -c path=/home/base command=/bin/sh\n" \
	    make -s -C "$world" WORLDCACHE=/run/cache distribution DESTDIR=/home/base
	atf_check diff -r before /home/base
	# Edited, taken away, and of an older version of ours.
	echo 'nginx_enable=YES' >>/home/base/etc/rc.conf
	rm /home/base/etc/hosts
	echo 'as it was' >/home/base/etc/fstab
	sed -i "s/^[0-9a-f]*  etc.fstab/$(sha256sum </home/base/etc/fstab | cut -d' ' -f1)  etc\\/fstab/" \
	    /home/base/var/lib/gaol/distribution
	rm /home/base/etc/resolv.conf
	atf_check -o match:"world: etc/rc.conf was edited: kept" -o match:"world: etc/hosts" -o match:"world: etc/fstab" \
	    -o not-match:"etc/rc$" make -s -C "$world" WORLDCACHE=/run/cache distribution DESTDIR=/home/base
	atf_check -o match:nginx_enable tail -n 1 /home/base/etc/rc.conf
	atf_check cmp "$world/etc/hosts" /home/base/etc/hosts
	atf_check cmp "$world/etc/fstab" /home/base/etc/fstab
	atf_check -o inline:"0\n" stat -c %s /home/base/etc/resolv.conf
	# Debian's own file, edited before the first time, stays too.
	fake_base /home/base2
	echo 'SYSLOGD_OPTS=mine' >/home/base2/etc/default/inetutils-syslogd
	atf_check -o match:"etc/default/inetutils-syslogd was edited: kept" \
	    make -s -C "$world" WORLDCACHE=/run/cache distribution DESTDIR=/home/base2
}

atf_test_case hostile
hostile_head() {
	atf_set descr "Links that a jail's root put into the base lead nobody's pen to the host"
}
hostile_body() {
	gaol_env
	echo precious >/etc/precious
	mkdir /etc/defaults
	cp -a /etc/. before
	fake_base /home/base
	# The file itself: it is kept, as it is no plain file.
	ln -s /etc/precious /home/base/etc/hosts
	ln -s /etc/newfile /home/base/etc/fstab
	mkfifo /home/base/etc/make.conf
	atf_check -o match:"etc/hosts is not a plain file: kept" -o match:"etc/make.conf is not a plain file: kept" \
	    make -s -C "$world" WORLDCACHE=/run/cache distribution DESTDIR=/home/base
	# A directory on the way: nothing outside can be written.
	rm -rf /home/base/etc/defaults
	ln -s /etc/defaults /home/base/etc/defaults
	rm -f /home/base/var/lib/gaol/distribution
	atf_check -s exit:2 -o ignore -e match:"Read-only file system" \
	    make -s -C "$world" WORLDCACHE=/run/cache distribution DESTDIR=/home/base
	mv /home/base/etc /home/base/etc.old
	ln -s /etc /home/base/etc
	atf_check -s exit:2 -o ignore -e match:"Read-only file system" \
	    make -s -C "$world" WORLDCACHE=/run/cache distribution DESTDIR=/home/base
	rm /home/base/etc
	mv /home/base/etc.old /home/base/etc
	rm /home/base/etc/defaults
	rm -r /home/base/var/lib/gaol
	ln -s /etc /home/base/var/lib/gaol
	atf_check -s exit:2 -o ignore -e match:"Read-only file system" \
	    make -s -C "$world" WORLDCACHE=/run/cache distribution DESTDIR=/home/base
	atf_check diff -r --no-dereference before /etc
	# A mount that another one hides cannot be reached, and is no obstacle.
	mkdir -p /home/hidden/sub
	mount -t tmpfs hidden /home/hidden/sub
	mount -t tmpfs over /home/hidden
	rm /home/base/var/lib/gaol
	atf_check -o match:"world: done" make -s -C "$world" WORLDCACHE=/run/cache distribution DESTDIR=/home/base
	umount /home/hidden
	umount /home/hidden/sub
	# The host can be written to again, and its mounts are as they were.
	atf_check touch /etc/writable
}

atf_test_case make
make_head() {
	atf_set descr "make in a base: BSD make for BSD makefiles, GNU make for all others"
}
make_body() {
	mkdir bin bsd gnu both
	for name in bmake gnumake; do
		printf '#!/bin/sh\necho %s "$@" "${MAKEFLAGS-}"\n' $name >bin/$name
		chmod 755 bin/$name
	done
	PATH=$PWD/bin:$PATH
	printf 'PORTNAME=x\n.include <bsd.port.mk>\n' >bsd/Makefile
	printf 'all:\n\techo .include\n' >gnu/Makefile
	cp bsd/Makefile both/Makefile
	cp gnu/Makefile both/GNUmakefile
	which() { # DIRECTORY WANT ARGUMENT...
		dir=$1 want=$2
		shift 2
		atf_check -o match:"^$want" -x "cd $dir && sh $world/overlay/make $*"
	}
	which bsd bmake install clean
	which gnu gnumake all
	which both gnumake all
	which . gnumake --version
	which . bmake -C bsd install
	which . bmake -s -C bsd install
	which . bmake -Cbsd
	which . gnumake -C gnu
	which . bmake -f bsd/Makefile
	which gnu bmake -f ../bsd/Makefile
	which bsd gnumake -f ../gnu/Makefile
	which / bmake -C "$PWD/bsd" -j 3
	which bsd bmake -V PORTSDIR
	printf '.-include "x.mk"\n' >gnu/BSD.mk
	which gnu bmake -f BSD.mk
	mv bsd/Makefile bsd/BSDmakefile
	which bsd bmake
	# What BSD make hands down in MAKEFLAGS stops here.
	atf_check -o inline:"gnumake  \n" -x "cd gnu && MAKEFLAGS=' .MAKE.LEVEL=1' sh $world/overlay/make ''"
}

ports_tree() {
	mkdir -p /usr/ports/Mk /usr/ports/misc/hello /usr/ports/distfiles hello-1
	cat >hello-1/hello.c <<-'END'
		#include <stdio.h>
		int main(void) { return puts("hello from a port") < 0; }
	END
	printf 'all: hello\n# GNU make: $(MAKE_VERSION)\nifndef MAKE_VERSION\n$(error not GNU make)\nendif\n' >hello-1/Makefile
	tar czf /usr/ports/distfiles/hello-1.tar.gz hello-1
	sed 's/^>/\t/' >/usr/ports/Mk/bsd.port.mk <<-'END'
		DISTNAME=	${PORTNAME}-${PORTVERSION}
		WRKDIR=		${WRKDIRPREFIX}${.CURDIR}/work
		WRKSRC=		${WRKDIR}/${DISTNAME}
		DISTDIR?=	${PORTSDIR}/distfiles
		PREFIX?=	/usr/local

		all: build
		build: ${WRKSRC}/.built
		${WRKSRC}/.built:
		>@mkdir -p ${WRKDIR}
		>@tar -xzf ${DISTDIR}/${DISTNAME}.tar.gz -C ${WRKDIR}
		>@cd ${WRKSRC} && make -s
		>@touch ${.TARGET}
		install: build
		>@install -m 755 ${WRKSRC}/${PORTNAME} ${PREFIX}/bin/${PORTNAME}
		.PHONY: all build install
	END
	printf 'PORTNAME=\thello\nPORTVERSION=\t1\n\n.include <bsd.port.mk>\n' >/usr/ports/misc/hello/Makefile
}

atf_test_case ports
ports_head() {
	atf_set descr "W9: a port is built and installed in a jail whose /usr/ports is read-only"
	atf_set timeout 600
}
ports_body() {
	gaol_env
	gaol_base /home/jail/base
	ports_tree
	gaol_snapshot
	echo 'WRKDIRPREFIX?= /var/portbuild' >>/home/jail/base/etc/make.conf
	find /usr/ports -printf '%p %s %T@\n' >before
	jail_with_ports() {
		jail -q -c path=/home/jail/base mount.devfs exec.clean \
		    mount="/usr/ports /home/jail/base/usr/ports nullfs ro 0 0" command=/bin/sh -c "$1"
	}
	jail_with_ports 'cd /usr/ports/misc/hello && make install && /usr/local/bin/hello' >out 2>&1 || atf_fail "$(cat out)"
	atf_check -o inline:"hello from a port\n" tail -n 1 out
	atf_check test -x /home/jail/base/usr/local/bin/hello
	atf_check sh -c 'cd /home/jail/base/var/portbuild/usr/ports/misc/hello && test -e work/hello-1/hello'
	find /usr/ports -printf '%p %s %T@\n' >after
	atf_check diff before after
	# Without the line the work files want to be in the tree, which is read-only.
	sed -i /^WRKDIRPREFIX/d /home/jail/base/etc/make.conf
	atf_check -s exit:1 -o ignore -e match:"/usr/ports/misc/hello/work.*Read-only file system" \
	    jail -q -c path=/home/jail/base mount.devfs exec.clean \
	    mount="/usr/ports /home/jail/base/usr/ports nullfs ro 0 0" \
	    command=/bin/sh -c 'cd /usr/ports/misc/hello && make build'
	atf_check -o match:"GNU Make" jail -q -c path=/home/jail/base command=/usr/bin/make --version
}

atf_test_case upgrade
upgrade_head() {
	atf_set descr "installworld over a base: packages are renewed in a jail, edited files stay"
	atf_set timeout 900
}
upgrade_body() {
	gaol_env
	gaol_base /home/jail/base
	gaol_snapshot
	# As if it came from an older world: a package missing, and a file of ours too.
	jail -q -c path=/home/jail/base mount.devfs command=/usr/bin/dpkg -P tcsh >out 2>&1 || atf_fail "$(cat out)"
	atf_check test ! -e /home/jail/base/usr/bin/tcsh
	rm /home/jail/base/usr/share/mk/bsd.port.mk
	echo '# mine' >>/home/jail/base/etc/default/cron
	echo 'installed 0000' >/home/jail/base/var/lib/gaol/world
	atf_check -o match:"bringing /home/jail/base up to date" -e ignore \
	    make -s -C "$world" installworld DESTDIR=/home/jail/base
	atf_check test -x /home/jail/base/usr/bin/tcsh
	atf_check test -e /home/jail/base/usr/share/mk/bsd.port.mk
	atf_check -o inline:"# mine\n" tail -n 1 /home/jail/base/etc/default/cron
	atf_check -o match:"up to date: nothing to do" \
	    make -s -C "$world" installworld DESTDIR=/home/jail/base
	echo VERSION_CODENAME=sarge >/home/jail/base/usr/lib/os-release
	echo 'installed 0000' >/home/jail/base/var/lib/gaol/world
	atf_check -s exit:2 -e match:"holds sarge, the world is" \
	    make -s -C "$world" installworld DESTDIR=/home/jail/base
}

atf_init_test_cases() {
	for case in order enable trouble rc sources refusals distribution hostile make ports upgrade; do
		atf_add_test_case $case
	done
}
