#!/usr/bin/env atf-sh
# The mounts of a jail: lines of `mount` and of mount.fstab.  Cases called case_N are the
# numbered ones of jail mounts.
. "$(dirname "$0")/env.subr"

new_case() { # NAME DESCRIPTION
	atf_test_case "$1"
	eval "descr_$1=\$2; $1_head() { atf_set descr \"\$descr_$1\"; }"
}

# A jail w at /home/w, with a mount point x, and a source /home/a with a file in it.
given() {
	gaol_env
	j=/home/w
	gaol_tiny_root $j
	mkdir -p $j/x $j/y $j/usr/ports $j/tmp /home/a "/home/a b" /home/other
	echo a >/home/a/file
	echo blank >"/home/a b/file"
}

conf() { # PARAMETERS, on standard input
	{
		echo "w { path = $j; persist;"
		cat
		echo "}"
	} >/etc/jail.conf
}

up() {
	atf_check -o inline:"w: created\n" jail -c w
}

down() {
	atf_check -o inline:"w: removed\n" jail -r w
}

refused() { # MESSAGE
	atf_check -s exit:1 -e inline:"jail: w: $1\n" jail -c w
	atf_check -o empty jls name
}

inside() { # OUTPUT COMMAND...
	out=$1
	shift
	atf_check -o inline:"$out\n" jexec w "$@"
}

new_case case_48 "noauto is ignored: it is for readers of /etc/fstab"
case_48_body() {
	given
	echo "/home/a $j/x nullfs ro,noauto 0 0" >/home/fstab
	echo 'mount.fstab = /home/fstab;' | conf
	up
	inside a /bin/cat /x/file
	down
}

new_case case_49 "a line of three words has no options"
case_49_body() {
	given
	echo "tmpfs $j/tmp tmpfs" >/home/fstab
	echo 'mount.fstab = /home/fstab;' | conf
	up
	atf_check -o match:"^tmpfs /tmp tmpfs rw" jexec w /bin/cat /proc/mounts
	down
}

new_case case_50 "of such a line in /etc/fstab mount -a says that it is none"
case_50_body() {
	given
	echo "tmpfs $j/tmp tmpfs" >/etc/fstab
	# Linux differs: its fstab(5) lets the options be missing, and mounts them.
	atf_check -o ignore -e ignore mount -a
	atf_check -o match:" $j/tmp tmpfs" cat /proc/mounts
	umount $j/tmp
}

new_case case_51 "\\040 in a file is a blank"
case_51_body() {
	given
	echo "/home/a\\040b $j/x nullfs rw" >/home/fstab
	echo 'mount.fstab = /home/fstab;' | conf
	up
	inside blank /bin/cat /x/file
	down
}

new_case case_52 "\\040 in jail.conf is a blank before the line is read"
case_52_body() {
	given
	conf <<-'END'
		mount = "/home/a\040b /home/w/x nullfs rw";
	END
	refused "mount: b: not an absolute pathname"
}

new_case case_53 "two backslashes in jail.conf are one; single quotes keep a variable"
case_53_body() {
	given
	conf <<-'END'
		mount = "/home/a\\040b $path/x nullfs rw";
	END
	up
	inside blank /bin/cat /x/file
	down
	conf <<-'END'
		mount = '/home/a $path/x nullfs rw';
	END
	refused 'mount: $path/x: not an absolute pathname'
}

new_case case_54 "# begins a comment anywhere in a line of a file, \\043 does not"
case_54_body() {
	given
	mkdir "/home/a#1"
	echo one >"/home/a#1/file"
	echo "/home/a#1 $j/x nullfs rw" >/home/fstab
	echo 'mount.fstab = /home/fstab;' | conf
	refused "mount.fstab: /home/a: missing information"
	echo "/home/a\\0431 $j/x nullfs rw # a comment" >/home/fstab
	up
	inside one /bin/cat /x/file
	down
}

new_case case_55 "a mount point that is not absolute, and one outside the jail"
case_55_body() {
	given
	echo 'mount = "/home/a home/w/x nullfs rw";' | conf
	refused "mount: home/w/x: not an absolute pathname"
	# A difference: what is mounted outside would be seen by the host, so that must be said.
	echo 'mount = "/home/a /home/other nullfs rw";' | conf
	refused "mount: /home/other: outside the jail's path $j; only gaol.mounts=host can mount there"
	echo 'mount = "/home/a /home/other nullfs rw"; gaol.mounts = host;' | conf
	up
	atf_check -o inline:"a\n" cat /home/other/file
	down
	atf_check -s exit:1 -e match:"No such file" cat /home/other/file
}

new_case case_56 "a symbolic link on the way to a mount point"
case_56_body() {
	given
	ln -s /home/other $j/usr/home
	conf <<-END
		mount = "/home/a $j/x nullfs rw";
		mount += "/home/a $j/usr/home nullfs rw";
	END
	refused "mount: $j/usr/home is a symbolic link"
	# Also where it is not the last part of the way.
	mkdir /home/other/deep
	echo "mount = \"/home/a $j/usr/home/deep nullfs rw\";" | conf
	refused "mount: $j/usr/home/deep is a symbolic link"
}

new_case case_57 "a path that ends in a slash is looked at all the same"
case_57_body() {
	given
	ln -s /home/other $j/usr/home
	conf <<-END
		path = $j/;
		mount = "/home/a $j/usr/home nullfs rw";
	END
	refused "mount: $j/usr/home is a symbolic link"
}

new_case case_58 "the second of three mounts fails: nothing is left, exec.poststop is not run"
case_58_body() {
	given
	gaol_net
	conf <<-END
		interface = vtnet0;
		ip4.addr = 192.168.1.77/24;
		mount = "/home/a $j/x nullfs rw";
		mount += "/home/nosuch $j/y nullfs rw";
		mount += "/home/a $j/tmp nullfs rw";
		exec.poststop = "echo never";
	END
	refused "mount: /home/nosuch: No such file or directory"
	atf_check -o not-match:192.168.1.77 ip addr show dev vtnet0
	# And where mounts are the host's.
	echo "w { gaol.mounts = host; }" >>/etc/jail.conf
	sed -i 's/^w { path/w { gaol.mounts = host; path/; $d' /etc/jail.conf
	refused "mount: /home/nosuch: No such file or directory"
	atf_check -o not-match:"$j" cat /proc/mounts
}

new_case case_59 "an entry that was unmounted by hand"
case_59_body() {
	given
	conf <<-END
		gaol.mounts = host;
		mount = "/home/a $j/x nullfs rw";
		mount += "/home/a $j/y nullfs rw";
	END
	up
	umount $j/x
	atf_check -s exit:1 -o inline:"w: removed\n" -e match:"^jail: w: .*$j/x: not a mount point$" \
	    jail -r w
	atf_check -o not-match:"$j" cat /proc/mounts
	# In a mount namespace of its own the jail's end is the end of its mounts.
	conf <<-END
		mount = "/home/a $j/x nullfs rw";
	END
	up
	atf_check jexec w /bin/true
	down
}

new_case case_60 "the file of mounts is gone while the jail runs"
case_60_body() {
	given
	echo "/home/a $j/x nullfs ro 0 0" >/home/fstab
	echo 'mount.fstab = /home/fstab;' | conf
	up
	rm /home/fstab
	atf_check -s exit:1 -e inline:"jail: w: mount.fstab: /home/fstab: No such file or directory\n" \
	    jail -r w
	atf_check -o inline:"w\n" jls name
	atf_check -o ignore jail -R w
	atf_check -o empty jls name
}

new_case case_61 "exec.stop fails: the jail keeps running, with its mounts"
case_61_body() {
	given
	conf <<-END
		mount = "/home/a $j/x nullfs ro 0 0";
		exec.stop = "/bin/false";
	END
	up
	atf_check -s exit:1 -e inline:"jail: w: /bin/false: failed\n" jail -r w
	inside a /bin/cat /x/file
	atf_check -o ignore jail -R w
}

atf_init_test_cases() {
	for n in 48 49 50 51 52 53 54 55 56 57 58 59 60 61; do
		atf_add_test_case case_$n
	done
}
