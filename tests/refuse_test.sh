#!/usr/bin/env atf-sh
# Wrong input of every kind: its exact line, exit status 1, and nothing left (which the
# harness looks at after each case).
. "$(dirname "$0")/env.subr"

root=/home/jail/tiny

given() {
	gaol_env
	gaol_net
	gaol_tiny_root $root
	mkdir -p $root/mnt $root/sub /home/source
	ln -s mnt $root/link
}

refused() { # MESSAGE PARAMETER...: of jail -c name=x path=... persist
	message=$1
	shift
	atf_check -s exit:1 -e inline:"jail: $message\n" jail -c name=x path=$root persist "$@"
}

atf_test_case path
path_head() {
	atf_set descr "A path that is missing, a file, or Gaol's own"
}
path_body() {
	given
	atf_check -s exit:1 -e inline:"jail: path /nonexistent: No such file or directory\n" \
	    jail -c name=x path=/nonexistent persist
	atf_check -s exit:1 -e inline:"jail: path /etc/passwd: Not a directory\n" \
	    jail -c name=x path=/etc/passwd persist
	atf_check -s exit:1 \
	    -e inline:"jail: path /run/jail: the state directory of Gaol cannot be a jail\n" \
	    jail -c name=x path=/run/jail persist mount.noprocfs gaol.skeleton=none
	atf_check -s exit:1 -e inline:"jail: new jail must persist or attach\n" \
	    jail -c name=x path=$root
}

atf_test_case values
values_head() {
	atf_set descr "Parameters that nobody knows, and values that are none"
}
values_body() {
	given
	refused "unknown parameter: bogus\njail: unknown parameter: other" bogus=1 other
	refused 'gaol.userns: unknown value "maybe" (one of new|identity|inherit)' gaol.userns=maybe
	refused "ip4.addr: not an IPv4 address: 10.0.0.300" ip4.addr=10.0.0.300
	refused "ip6.addr: not an IPv6 address: zz" ip6.addr=zz
	refused "vnet jails cannot have IP address restrictions" vnet ip4.addr=10.9.0.7
	refused "jail_set: Invalid argument" host=disable
	refused "negative jid" jid=-5
	atf_check -s exit:1 -e inline:"jail: name cannot be numeric (unless it is the jid)\n" \
	    jail -c name=12 jid=13 path=$root persist
	atf_check -s exit:1 -e inline:"jail: jail \"c\" not found\n" jail -c name=c.d path=$root persist
}

atf_test_case addresses
addresses_head() {
	atf_set descr "An interface that is absent, a prefix that is none, addresses that clash"
}
addresses_body() {
	given
	refused "interface vtnet9 does not exist" interface=vtnet9 ip4.addr=10.9.0.5/24
	refused "ip4.addr: 10.9.0.5/99: not a prefix length or netmask" interface=vtnet0 \
	    ip4.addr=10.9.0.5/99
	atf_check jail -c name=a path=$root persist ip4.addr=10.9.0.5,10.9.0.6
	refused "IPv4 addresses clash" ip4.addr=10.9.0.6
	refused 'vnet.interface vtnet0: the jail has no network stack of its own; write vnet;' \
	    vnet.interface=vtnet0
	atf_check -o ignore jail -R a
}

atf_test_case mounts
mounts_head() {
	atf_set descr "Sources and targets that are missing, links, outside, or of no type; a repeat that differs"
}
mounts_body() {
	given
	refused "mount: /nosuch: No such file or directory" mount="/nosuch $root/mnt nullfs ro 0 0"
	refused "mount: $root/nosuch: No such file or directory" \
	    mount="/home/source $root/nosuch nullfs ro 0 0"
	refused "mount: $root/mnt: unknown file system type nosuchfs" \
	    mount="/home/source $root/mnt nosuchfs ro 0 0"
	refused "mount: mnt: not an absolute pathname" mount="/home/source mnt nullfs ro 0 0"
	refused "mount: /mnt: outside the jail's path $root; only gaol.mounts=host can mount there" \
	    mount="/home/source /mnt nullfs ro 0 0"
	refused "mount: /home/source $root/mnt: missing information" mount="/home/source $root/mnt"
	refused "mount: $root/link is a symbolic link" mount="/home/source $root/link nullfs ro 0 0"
	refused "mount: $root/mnt: Resource deadlock avoided" \
	    mount="/home/source $root/mnt nullfs ro 0 0" mount="/home/source $root/mnt nullfs rw 0 0"
	refused "mount.fstab: /nosuch: No such file or directory" mount.fstab=/nosuch
}

atf_test_case names
names_head() {
	atf_set descr "A name in use; two at once of one name: one wins"
}
names_body() {
	given
	atf_check jail -c name=x path=$root persist
	refused '"x" already exists'
	atf_check -o ignore jail -R x
	for i in 1 2 3 4 5; do
		jail -c name=twin path=$root persist 2>one & one=$!
		jail -c name=twin path=$root persist 2>two & two=$!
		wait $one
		one=$?
		wait $two
		two=$?
		atf_check_equal 1 $((one + two))
		atf_check -o match:'^jail: (jail )?"twin" already exists$' cat one two
		atf_check -o inline:"1\n" sh -c 'jls name | grep -cx twin'
		atf_check -o ignore jail -R twin
	done
}

atf_test_case privilege
privilege_head() {
	atf_set descr "No privilege, no cgroup2, no loader"
}
privilege_body() {
	given
	gaol_user alice
	atf_check -s exit:1 -e match:"Operation not permitted" \
	    su alice -c "PATH=$PATH jail -c name=x path=$root persist"
	mount --bind /bin/false "$GAOL_STAGE/libexec/gaol/gaol-load"
	atf_check -s exit:1 -e match:"^jail: .*gaol-load ended without a word$" jail -c name=x path=$root persist
	umount "$GAOL_STAGE/libexec/gaol/gaol-load"
	mount -t tmpfs none /sys/fs/cgroup
	refused "no cgroup2 file system is mounted, and jails need one: mount -t cgroup2 none /sys/fs/cgroup"
	umount /sys/fs/cgroup
	atf_check jail -c name=x path=$root persist
	atf_check -o ignore jail -R x
}

atf_test_case full
full_head() {
	atf_set descr "A full /run: no new jail, and one that runs can still be taken away"
}
full_body() {
	given
	atf_check jail -c name=x path=$root persist
	used=$(du -sk /run/jail | cut -f 1)
	mount -o remount,size=$((used + 64))k /run/jail
	dd if=/dev/zero of=/run/jail/.fill bs=1k 2>/dev/null
	atf_check -s exit:1 -e match:"No space left on device" jail -c name=y path=$root persist
	atf_check -o match:" x$" sh -c 'jls jid name'
	atf_check -o ignore jail -R x
	rm /run/jail/.fill
	mount -o remount,size=50% /run/jail
	atf_check jail -c name=y path=$root persist
	atf_check -o ignore jail -R y
}

atf_test_case disk
disk_head() {
	atf_set descr "A full disk below path, and where the console log lies"
}
disk_body() {
	given
	mkdir /home/full
	mount -t tmpfs -o size=8m,nr_inodes=200 full /home/full
	gaol_tiny_root /home/full/j
	rmdir /home/full/j/run /home/full/j/sys 2>/dev/null
	i=0
	while : 2>/dev/null >/home/full/.fill$i; do
		i=$((i + 1))
	done
	gaol_snapshot
	atf_check -s exit:1 -e inline:"jail: /home/full/j/run: No space left on device\n" \
	    jail -c name=x path=/home/full/j persist
	[ ! -e /home/full/j/run ] || atf_fail "run was made"
	atf_check -s exit:1 -e match:"^jail: .*/home/full/log: No space left on device$" \
	    jail -c name=x path=$root persist exec.consolelog=/home/full/log exec.start=/bin/true
	atf_check -o empty jls name
	# One in which everything is there needs no room at all.
	rm /home/full/.fill0 /home/full/.fill1
	mkdir /home/full/j/run /home/full/j/sys
	atf_check jail -c name=x path=/home/full/j persist
	atf_check -o inline:"in\n" jexec x /bin/echo in
	atf_check -o ignore jail -R x
}

atf_init_test_cases() {
	for t in path values addresses mounts names privilege full disk; do
		atf_add_test_case $t
	done
}
