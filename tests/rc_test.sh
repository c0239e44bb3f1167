#!/usr/bin/env atf-sh
# The service scripts jail, devfs and sysrc: messages, exit statuses, and what is asked
# of jail(8) and jls(8), which are stand-ins here.  Numbers are those of the reference's
# tricky cases.
. "$(dirname "$0")/env.subr"

# A jail(8) that knows the names of /etc/names, and a jls(8); each call is a line of
# /run/calls.
setup() {
	gaol_env
	mkdir -p /run/fake /run/up
	cat >/run/fake/jail <<'END'
#!/bin/sh
echo "jail $*" >>/run/calls
op= id=no conf= names=
while [ $# -gt 0 ]; do
	case $1 in
	-f) conf=$2; shift ;;
	-i) id=yes ;;
	-c | -r) op=$1 ;;
	-*) ;;
	*) names="$names $1" ;;
	esac
	shift
done
if [ $op = -c ] && [ ! -f "$conf" ]; then
	echo "jail: $conf: No such file or directory" >&2
	exit 1
fi
[ -n "$names" ] || names=$(cat /etc/names)
status=0
for n in $names; do
	if [ $op = -r ]; then
		[ ! -f "/etc/stubborn.$n" ] || { echo "jail: $n: exec.stop: failed" >&2; status=1; continue; }
		rm -f "/run/up/$n"
	elif ! grep -qx "$n" /etc/names; then
		echo "jail: \"$n\" not found" >&2
		status=1
	elif [ -e "/run/up/$n" ]; then
		[ $id = no ] || { echo "jail: \"$n\" already exists" >&2; status=1; }
	else
		[ ! -f "/etc/slow.$n" ] || sleep "$(cat "/etc/slow.$n")"
		echo $(($(cat /run/last 2>/dev/null || echo 0) + 1)) >/run/last
		cp /run/last "/run/up/$n"
		[ $id = no ] || cat /run/last
		echo "output of exec.start in $n"
	fi
done
exit $status
END
	cat >/run/fake/jls <<'END'
#!/bin/sh
cd /run/up
list() {
	for n in $(grep -H . * 2>/dev/null | sort -t: -k2n | cut -d: -f1); do
		echo "$(cat "$n") $n"
	done
}
case $* in
'jid name') list ;;
name) list | cut -d' ' -f2 ;;
-N) echo 'the table' ;;
'-j '*' jid') cat -- "$2" ;;
'-j '*) cat -- "$2" ;;
*) echo "jls: $*" >&2; exit 9 ;;
esac
END
	cat >/run/fake/jexec <<'END'
#!/bin/sh
echo "jexec $*"
exit 7
END
	chmod 755 /run/fake/*
	cat >/etc/rc.conf.local <<-END
		jail_program=/run/fake/jail
		jail_jls=/run/fake/jls
		jail_jexec=/run/fake/jexec
	END
	printf '%s\n' a b c w a_b >/etc/names
	: >/etc/jail.conf
	: >/run/calls
	: >/etc/rc.conf
}

rc=/etc/init.d/jail

refusal() { # ACTION
	echo "Cannot '$1' jail. Set jail_enable to YES in /etc/rc.conf or use 'one$1' instead of '$1'."
}

atf_test_case gate
gate_head() {
	atf_set descr "Cases 62, 63, 71, 72: what jail_enable=NO refuses, and with which words"
}
gate_body() {
	setup
	for action in start stop restart config console extracommands disable poll; do
		atf_check -o inline:"$(refusal $action)\n" $rc $action w
		atf_check $rc quiet$action w
		atf_check $rc fast$action w
	done
	atf_check -o inline:"the table\n" $rc status
	atf_check -o inline:"Manage system jails\n" $rc describe
	atf_check -s exit:1 $rc enabled
	atf_check -o empty cat /run/calls
	atf_check -o inline:"Starting jails: w.\n" $rc onestart w
	echo jail_enable=maybe >/etc/rc.conf
	atf_check -o inline:"$(refusal start)\n" \
	    -e inline:"/etc/init.d/jail: WARNING: \$jail_enable is not set properly - see rc.conf(5).\n" \
	    $rc start w
	for yes in YES yes Yes TRUE on 1; do
		echo jail_enable=$yes >/etc/rc.conf
		atf_check $rc enabled
	done
	for no in NO false Off 0; do
		echo jail_enable=$no >/etc/rc.conf
		atf_check -s exit:1 $rc enabled
	done
}

atf_test_case words
words_head() {
	atf_set descr "The framework's own actions, unknown ones, and no action at all"
}
words_body() {
	setup
	usage='Usage: /etc/init.d/jail [fast|force|one|quiet](start|stop|restart|rcvar|enable|disable|delete|enabled|describe|extracommands|config|console|status|status|poll)'
	atf_check -s exit:1 -e inline:"$usage\n" $rc
	atf_check -s exit:1 -e inline:"/etc/init.d/jail: unknown directive 'reload'.\n$usage\n" $rc reload
	atf_check -s exit:1 -e inline:"/etc/init.d/jail: unknown directive 'reload'.\n$usage\n" $rc onereload x
	atf_check -o inline:"# jail : Manage system jails\n#\njail_enable=\"NO\"\n#   (default: \"\")\n\n" $rc rcvar
	atf_check -o inline:"jail enabled in /etc/rc.conf\n" $rc enable
	atf_check -o inline:"jail_enable=\"YES\"\n" cat /etc/rc.conf
	atf_check $rc enabled
	atf_check -o inline:"# jail : Manage system jails\n#\njail_enable=\"YES\"\n#   (default: \"\")\n\n" $rc rcvar
	atf_check -o inline:"config console status\n" $rc extracommands
	atf_check -o inline:"jail disabled in /etc/rc.conf\n" $rc disable
	atf_check -o inline:"jail_enable=\"NO\"\n" cat /etc/rc.conf
	atf_check -o inline:"jail_enable deleted in /etc/rc.conf\n" $rc delete
	atf_check -o empty cat /etc/rc.conf
}

atf_test_case named
named_head() {
	atf_set descr "Cases 64, 65, 66: named jails are started and stopped one by one"
}
named_body() {
	setup
	echo jail_enable=YES >/etc/rc.conf
	atf_check -o inline:"Starting jails: w a.\n" $rc start w a
	atf_check -o inline:"jail -i -f /etc/jail.conf -c w\njail -i -f /etc/jail.conf -c a\n" cat /run/calls
	atf_check -o inline:"1\n" cat /var/run/jail_w.id
	atf_check -o inline:"2\n" cat /var/run/jail_a.id
	atf_check -o inline:"Starting jails: cannot start jail  \"w\": \njail: \"w\" already exists\n.\n" $rc start w
	atf_check -o inline:"Starting jails: cannot start jail  \"foo\": \njail: \"foo\" not found\n b.\n" $rc start foo b
	atf_check -o inline:"Starting jails: a_b.\n" $rc start a.b
	: >/run/calls
	atf_check -o inline:"Stopping jails: w.\n" $rc stop w
	atf_check -o inline:"jail -q -f /etc/jail.conf -r w\n" cat /run/calls
	atf_check -s exit:1 test -e /var/run/jail_w.id
	atf_check -o inline:"Stopping jails:.\n" $rc stop w
	touch /etc/stubborn.a
	atf_check -o inline:"Stopping jails: ajail: a: exec.stop: failed\n b.\n" $rc stop a b
	atf_check -o inline:"2\n" cat /var/run/jail_a.id
	rm /etc/stubborn.a
	atf_check -o inline:"Stopping jails: a.\nStarting jails: a.\n" $rc restart a
	rm /etc/jail.conf
	atf_check -o inline:"Starting jails:.\n" -e inline:"/etc/init.d/jail: WARNING: Invalid configuration for w  (no jail.conf, no hostname, or no path).   Jail w was ignored.\n" $rc start w
}

atf_test_case list
list_head() {
	atf_set descr "Cases 67, 69: jail_list, its order, and its reverse"
}
list_body() {
	setup
	cat >/etc/rc.conf <<-END
		jail_enable="YES"
		jail_list="a b c"
		jail_reverse_stop="YES"
	END
	atf_check -o inline:"Starting jails: w.\n" $rc start w
	atf_check -o inline:"Starting jails: a b c.\n" $rc start
	atf_check -o inline:"Stopping jails: c b a.\n" $rc stop
	atf_check -o inline:"w\n" /run/fake/jls name
	$rc start >/dev/null
	atf_check -o inline:"Stopping jails: a b.\n" $rc stop a b
	atf_check -o inline:"Starting jails: cannot start jail  \"c\": \njail: \"c\" already exists\n.\n" $rc start c
	atf_check -o inline:"Stopping jails: c.\nStarting jails: a b c.\n" $rc restart
	atf_check -o inline:"w\na\nb\nc\n" /run/fake/jls name
}

atf_test_case all
all_head() {
	atf_set descr "Cases 68, 70: without a list and without names, every jail"
}
all_body() {
	setup
	printf '%s\n' a b >/etc/names
	echo jail_enable=YES >/etc/rc.conf
	echo 9 >/run/up/x
	atf_check -o inline:"Starting jails: a b x.\n" $rc start
	atf_check -o inline:"jail -f /etc/jail.conf -c -p1\n" cat /run/calls
	atf_check -o inline:"9\n" cat /var/run/jail_x.id
	atf_check -o inline:"Starting jails: a b x.\n" $rc start
	: >/run/calls
	atf_check -o inline:"Stopping jails: a b x.\n" $rc stop
	atf_check -o inline:"jail -f /etc/jail.conf -r a\njail -f /etc/jail.conf -r b\njail -f /etc/jail.conf -r x\n" cat /run/calls
	atf_check -o empty /run/fake/jls name
	echo 'jail_reverse_stop=YES jail_parallel_start=YES jail_flags=-v' >>/etc/rc.conf
	: >/run/calls
	$rc start >/dev/null
	atf_check -o inline:"Stopping jails: b a.\n" $rc stop
	atf_check -o inline:"jail -v -f /etc/jail.conf -c\njail -v -f /etc/jail.conf -r b\njail -v -f /etc/jail.conf -r a\n" cat /run/calls
	rm /etc/jail.conf
	: >/etc/jail.w.conf
	echo w >>/etc/names
	atf_check -o inline:"Starting jails:jail: /etc/jail.conf: No such file or directory\n.\n" $rc start
	atf_check -o inline:"Starting jails: w.\n" $rc start w
}

atf_test_case files
files_head() {
	atf_set descr "Which configuration file is a jail's: its own, jail.conf.d, jail.conf"
}
files_body() {
	setup
	where() { # FILE
		atf_check -o inline:"w: parameters are in $1.\n" $rc oneconfig w
	}
	where /etc/jail.conf
	mkdir /etc/jail.conf.d
	: >/etc/jail.conf.d/w.conf
	where /etc/jail.conf.d/w.conf
	echo '.include "/etc/jail.conf.d/*.conf";' >/etc/jail.conf
	where /etc/jail.conf
	: >/etc/jail.w.conf
	where /etc/jail.w.conf
	: >/etc/other.conf
	echo jail_w_conf=/etc/other.conf >/etc/rc.conf
	where /etc/other.conf
	mkdir -p /etc/rc.conf.d/jail
	echo jail_w_conf=/etc/jail.w.conf >/etc/rc.conf.d/jail/one
	where /etc/jail.w.conf
	echo jail_conf=/etc/third.conf >/etc/rc.conf
	: >/etc/third.conf
	atf_check -o inline:"a: parameters are in /etc/third.conf.\n" $rc oneconfig a
	atf_check -o empty $rc oneconfig
	printf '%s\n' 'jail_w_flags="-v -q"' 'jail_flags=-n' >>/etc/rc.conf
	atf_check -o inline:"Starting jails: w a.\n" $rc onestart w a
	atf_check -o inline:"jail -v -q -i -f /etc/jail.w.conf -c w\njail -n -i -f /etc/third.conf -c a\n" cat /run/calls
}

atf_test_case parallel
parallel_head() {
	atf_set descr "Case 80: jail_parallel_start prints labels as jails come up"
}
parallel_body() {
	setup
	printf 'jail_list="a b"\njail_parallel_start=YES\n' >/etc/rc.conf
	echo 1 >/etc/slow.a
	atf_check -o inline:"Starting jails: b a.\n" $rc onestart
	atf_check -o inline:"Stopping jails: a b.\n" $rc onestop
}

atf_test_case console
console_head() {
	atf_set descr "console runs login, or a command, and gives back its exit status"
}
console_body() {
	setup
	atf_check -s exit:3 -e inline:"/etc/init.d/jail: ERROR: Specify a jail name.\n" $rc oneconsole
	atf_check -s exit:7 -o inline:"jexec w /usr/bin/login -f root\n" $rc oneconsole w
	atf_check -s exit:7 -o inline:"jexec w_1 sh -c ls\n" $rc oneconsole w.1 sh -c ls
	echo 'jail_w_consolecmd="/bin/tcsh -l"' >/etc/rc.conf
	atf_check -s exit:7 -o inline:"jexec w /bin/tcsh -l\n" $rc oneconsole w
	echo 'jail_list="w"' >/etc/rc.conf
	atf_check -s exit:7 -o inline:"jexec w /usr/bin/login -f root\n" $rc oneconsole
	# FreeBSD's takes the second name of the list for a command.
	echo 'jail_list="w rm"' >/etc/rc.conf
	atf_check -s exit:3 -e inline:"/etc/init.d/jail: ERROR: Specify a jail name.\n" $rc oneconsole
}

atf_test_case poll
poll_head() {
	atf_set descr "poll returns when the jails are gone"
}
poll_body() {
	setup
	atf_check $rc onepoll
	echo 1 >/run/up/w
	echo 2 >/run/up/a
	(sleep 1.5; rm /run/up/w) &
	atf_check -o inline:"Waiting for jails: w.\n" $rc onepoll w b
	wait
	atf_check -o inline:"2 a\n" /run/fake/jls jid name
}

atf_test_case no_accident
no_accident_head() {
	atf_set descr "Case 73, not copied: a process called jail is no reason to refuse"
}
no_accident_body() {
	setup
	cp /bin/sleep /run/fake/sleeping
	(exec -a /usr/sbin/jail /run/fake/sleeping 60) 2>/dev/null &
	atf_check -o inline:"Starting jails: w.\n" $rc onestart w
	kill $!
}

atf_test_case legacy
legacy_head() {
	atf_set descr "Cases 74 to 78: jail_NAME_* variables become a jail.conf"
}
legacy_body() {
	setup
	echo 'jail_w_rootdir=/j/w' >/etc/rc.conf
	atf_check -o inline:"w: parameters are in /etc/jail.conf.\n" $rc oneconfig w
	cat >/etc/rc.conf <<-'END'
		jail_interface=em1
		jail_w_rootdir=/j/w
		jail_w_hostname=www.example
		jail_w_ip="em0|10.0.0.2/24,10.0.0.3"
		jail_w_ip_multi0="10.0.0.4/255.255.255.0"
		jail_w_ip_multi1="10.0.0.5 10.0.0.6"
		jail_w_ip_multi2="2001:db8::1"
		jail_w_exec_start="/bin/sh /etc/rc"
		jail_w_exec_prestart0='echo "$x"'
		jail_w_exec_prestart1=true
		jail_w_devfs_enable=YES
		jail_w_devfs_ruleset=1000
		jail_w_mount_enable=YES
		jail_w_parameters="allow.chflags=1 children.max=3"
	END
	atf_check -o inline:"Starting jails: www.example.\n" \
	    -e inline:"/etc/init.d/jail: WARNING: /var/run/jail.w.conf is created and used for jail w.\n/etc/init.d/jail: WARNING: Per-jail configuration via jail_* variables  is obsolete.  Please consider migrating to /etc/jail.conf.\n" \
	    $rc onestart w
	atf_check -o inline:"jail -i -f /var/run/jail.w.conf -c w\n" cat /run/calls
	cat >want <<-'END'
		w {
			host.hostname = "www.example";
			path = "/j/w";
			interface = "em1";
			ip4.addr += "em0|10.0.0.2/24";
			ip4.addr += "em1|10.0.0.3/32";
			ip4.addr += "em1|10.0.0.4 netmask 255.255.255.0";
			ip4.addr += "10.0.0.6|10.0.0.5/32";
			ip6.addr += "em1|2001:db8::1/128";
			allow.raw_sockets = "0";
			exec.clean;
			exec.system_user = "root";
			exec.jail_user = "root";
			exec.prestart += "echo \"\$x\"";
			exec.prestart += "true";
			exec.start += "/bin/sh /etc/rc";
			exec.stop = "";
			exec.consolelog = "/var/log/jail_w_console.log";
			mount.devfs;
			devfs_ruleset = "1000";
			allow.mount;
			allow.set_hostname = "0";
			allow.sysvipc = "0";
			enforce_statfs = "2";
			allow.chflags=1;
			children.max=3;
		}
	END
	sed "1d; s/^	//" /var/run/jail.w.conf >got
	atf_check diff -u want got
	# It is a jail.conf: the real jail(8) reads it.
	atf_check -o match:'path=/j/w' "$GAOL_STAGE/sbin/jail" -f /var/run/jail.w.conf -e ' '
	sed -i '/_ip/d; /exec_start=/d' /etc/rc.conf
	atf_check -o ignore -e ignore $rc onerestart w
	atf_check -o inline:"	vnet;\n" grep vnet /var/run/jail.w.conf
	atf_check -o inline:"	exec.stop = \"/bin/sh /etc/rc.shutdown\";\n" grep exec.stop /var/run/jail.w.conf
}

atf_test_case boot
boot_head() {
	atf_set descr "At boot and shutdown, as systemd and as a plain init call it"
}
boot_body() {
	setup
	mkdir -p /etc/rc2.d /etc/rc0.d
	ln -s ../init.d/jail /etc/rc2.d/S03jail
	ln -s ../init.d/jail /etc/rc0.d/K01jail
	echo 'jail_list="a b"' >/etc/rc.conf
	atf_check /etc/rc2.d/S03jail start
	atf_check -o empty /run/fake/jls name
	echo 'jail_enable=YES' >>/etc/rc.conf
	atf_check -o inline:"Starting jails: a b.\n" /etc/rc2.d/S03jail start
	echo 9 >/run/up/x
	# Whatever runs deserves its exec.stop, the list's jails in reverse first.
	echo 'jail_enable=NO' >>/etc/rc.conf
	atf_check -o inline:"Stopping jails: b a.\nStopping jails: x.\n" /etc/rc0.d/K01jail stop
	atf_check -o empty /run/fake/jls name
	unit=/lib/systemd/system/jail.service
	for key in ExecStart ExecStop; do
		atf_check -o match:'/etc/init.d/jail' sed -n "s/^$key=//p" $unit
	done
	atf_check -o inline:"RefuseManualStart=yes\nRefuseManualStop=yes\n" grep ^Refuse $unit
	atf_check -s exit:1 grep -q '^[^#]*lsb/init-functions' /etc/init.d/jail
	if command -v systemd-analyze >/dev/null; then
		atf_check -o ignore -e not-match:'jail.service:' systemd-analyze verify --man=no $unit
	fi
}

atf_test_case service
service_head() {
	atf_set descr "Debian's service(8), without systemd, hands names on"
}
service_body() {
	setup
	atf_check -o inline:"Starting jails: w a.\n" service jail onestart w a
	atf_check -o inline:"Stopping jails: w.\n" service jail onestop w
	atf_check -o inline:"$(refusal start)\n" service jail start w
	echo jail_enable=YES >/etc/rc.conf
	atf_check -o inline:"Stopping jails: a.\n" service jail stop
}

atf_test_case devfs
devfs_head() {
	atf_set descr "service devfs restart: reads the rules again, names what Linux has not"
}
devfs_body() {
	setup
	cat >/etc/devfs.rules <<-END
		[devfsrules_jailnet=1000]
		add include \$devfsrules_jail
		add path mem unhide
	END
	atf_check service devfs restart
	atf_check -o match:'path mem unhide' devfs rule -s 1000 show
	sed -i s/mem/kmem/ /etc/devfs.rules
	atf_check service devfs restart
	atf_check -o match:'path kmem unhide' -o not-match:'path mem' devfs rule -s 1000 show
	echo 'devfs_system_ruleset="devfsrules_jail"' >/etc/rc.conf
	echo 'link null nil' >/etc/devfs.conf
	atf_check -e inline:"/etc/init.d/devfs: WARNING: devfs_system_ruleset is ignored: Linux's own /dev is not devfs.\n/etc/init.d/devfs: WARNING: /etc/devfs.conf is not applied to Linux's /dev; udev rules do that.\n" \
	    service devfs start
	atf_check service devfs stop
	atf_check -s exit:1 -e match:"unknown directive 'x'" service devfs x
}

atf_test_case sysrc
sysrc_head() {
	atf_set descr "Case 79 and the rest of sysrc: shows, changes and deletes, and keeps the file"
}
sysrc_body() {
	setup
	cat >/etc/rc.conf <<-'END'
		# head
		jail_enable="NO"   # why
		b='old'; other=1
		jail_enable=YES # last wins
	END
	chmod 640 /etc/rc.conf
	chgrp 4 /etc/rc.conf
	atf_check -o inline:"jail_enable: YES\n" sysrc jail_enable
	atf_check -o inline:"jail_enable: YES -> NO\n" sysrc jail_enable=NO
	atf_check -o inline:"b: old -> it's\n" sysrc b="it's"
	atf_check -o inline:"jail_list:  -> w\n" sysrc jail_list+=w
	atf_check -o inline:"jail_list: w -> w\n" sysrc jail_list+=w
	atf_check -o inline:"jail_list: w -> w x y\n" sysrc jail_list+="x w y"
	atf_check -o inline:"jail_list: w x y -> \n" sysrc jail_list-="y w x"
	atf_check -o inline:"p:  -> x,y\n" sysrc p+=,x,y
	atf_check -o inline:"p: x,y -> y\n" sysrc p-=,x
	atf_check -o inline:'q:  -> a"$b`c\\d\n' sysrc q='a"$b`c\d'
	atf_check -o inline:'a"$b`c\\d\n' sysrc -n q
	cat >want <<-'END'
		# head
		jail_enable="NO"   # why
		b="it's"; other=1
		jail_enable="NO" # last wins
		jail_list=""
		p="y"
		q="a\"\$b\`c\\d"
	END
	atf_check diff -u want /etc/rc.conf
	atf_check -o inline:"640 4\n" stat -c '%a %g' /etc/rc.conf
	atf_check -s exit:1 -e inline:"sysrc: unknown variable 'zz'\n" sysrc zz
	atf_check sysrc -i zz
	atf_check -s exit:1 sysrc -c zz
	atf_check sysrc -c jail_enable=NO
	atf_check -s exit:1 sysrc -c jail_enable=YES
	atf_check -o inline:'b="it'"'"'s"\n' sysrc -e b
	atf_check sysrc -x jail_enable
	atf_check -o inline:"# head\n# why\n" head -n 2 /etc/rc.conf
	# What the defaults say is known still.
	atf_check -o inline:"jail_enable: NO\n" sysrc jail_enable
	printf 'm="one\ntwo"\n' >>/etc/rc.conf
	atf_check -s exit:1 -e inline:"sysrc: m: its value spans several lines; edit /etc/rc.conf by hand\n" sysrc m=3
	atf_check -s exit:1 -e inline:"sysrc: a-b: not a name of a variable\n" sysrc a-b
	atf_check -o inline:"x:  -> 1\n" sysrc -f /etc/mine x=1
	atf_check -o inline:'x="1"\n' cat /etc/mine
	atf_check -o inline:"jail_flags:  -> -v\n" sysrc -s jail jail_flags=-v
	atf_check -o inline:"jail_flags: -v\n" sysrc -s jail jail_flags
	atf_check -o inline:'jail_flags="-v"\n' cat /etc/rc.conf.d/jail
	atf_check -s exit:1 -e inline:"sysrc: unknown variable 'jail_flags'\n" sysrc jail_flags
}

atf_init_test_cases() {
	for case in gate words named list all files parallel console poll no_accident legacy \
	    boot service devfs sysrc; do
		atf_add_test_case $case
	done
}
