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

new_case live "mount+= and mount-= on a jail that runs"
live_body() {
	given
	mkdir $j/link_to
	ln -s /etc $j/link
	echo 'mount = "/home/a /home/w/y nullfs ro";' | conf
	up
	atf_check jail -m name=w "mount+=/home/a $j/x nullfs ro" "mount+=tmpfs $j/tmp tmpfs size=1m"
	inside a /bin/cat /x/file
	atf_check -s not-exit:0 -e match:"Read-only file system" jexec w /bin/sh -c '>/x/new'
	atf_check jexec w /bin/sh -c 'echo in >/tmp/new'
	# Seen inside only, and owned by the jail's root where it should be.
	atf_check -s exit:2 -e match:"No such file" ls $j/x/file
	inside "/x/file 100644 0:0 0,0" /bin/stat /x/file
	# No configuration is asked: jail -m of a file mounts nothing.
	atf_check -s exit:1 -e inline:"jail: mount: $j/x: is mounted already\n" \
	    jail -m name=w "mount+=/home/a $j/x nullfs ro"
	atf_check -o inline:"w: updated\n" jail -m w
	# In the middle of use, then not.
	jexec w /bin/sh -c 'cd /x && exec sleep 600' &
	pid=$!
	wait_for 10 sh -c 'jexec w /bin/ps | grep -q sleep'
	atf_check -s exit:1 -e inline:"jail: mount: $j/x: Device or resource busy\n" \
	    jail -m name=w "mount-=$j/x"
	kill $pid
	wait $pid
	wait_for 10 sh -c '! jexec w /bin/ps | grep -q sleep'
	atf_check jail -m name=w "mount-=$j/x" "mount-=$j/tmp" "mount-=$j/y"
	for d in x y; do
		atf_check -s exit:1 -e match:"No such file" jexec w /bin/cat /$d/file
	done
	atf_check -s exit:1 -e inline:"jail: mount: $j/x: not a mount point\n" \
	    jail -m name=w "mount-=$j/x"
	atf_check -s exit:1 -e inline:"jail: mount: $j: not below the jail's path $j\n" \
	    jail -m name=w "mount-=$j"
	atf_check -s exit:1 -e inline:"jail: mount: /etc: not below the jail's path $j\n" \
	    jail -m name=w mount-=/etc
	atf_check -s exit:1 -e inline:"jail: mount: $j/proc/kcore: what covers parts of /proc stays\n" \
	    jail -m name=w "mount-=$j/proc/kcore"
	atf_check -s exit:1 -e inline:"jail: mount: $j/link is a symbolic link\n" \
	    jail -m name=w "mount+=/home/a $j/link nullfs ro"
	atf_check -s exit:1 -e inline:"jail: mount: /home/other: outside the jail's path $j; only gaol.mounts=host can mount there\n" \
	    jail -m name=w "mount+=/home/a /home/other nullfs ro"
	atf_check -s exit:1 -e inline:"jail: mount: $j/x: type procfs cannot be mounted in a jail that runs already\n" \
	    jail -m name=w "mount+=proc $j/x procfs rw"
	atf_check -s exit:1 -e inline:"jail: mount+: only with -m, for a jail that runs\n" \
	    jail -c name=z path=$j persist "mount+=/home/a $j/x nullfs ro"
	atf_check -s exit:1 -e inline:'jail: "z" not found\n' jail -m name=z "mount+=/home/a $j/x nullfs ro"
	# What is mounted goes with the jail.
	atf_check jail -m name=w "mount+=/home/a $j/x nullfs rw"
	down
}

new_case image "the image of a file system, by a loop device that goes with the jail"
image_body() {
	given
	command -v mkfs.ext4 >/dev/null || atf_skip "no mkfs.ext4"
	[ -e /dev/loop-control ] || atf_skip "the kernel has no loop devices"
	truncate -s 8m /home/image
	mkfs.ext4 -q -E root_owner=0:0 /home/image
	echo "mount = \"/home/image $j/x ext4 rw\";" | conf
	up
	atf_check jexec w /bin/sh -c 'echo kept >/x/new'
	inside "/x/new 100644 0:0 0,0" /bin/stat /x/new
	atf_check -o match:"^/dev/loop[0-9]+ /x ext4 rw" jexec w /bin/cat /proc/mounts
	down
	wait_for 10 sh -c '! losetup -a | grep -q /home/image'
	# What was written is there; ro is; FreeBSD's name does.
	echo "mount = \"/home/image $j/x ext2fs ro\";" | conf
	up
	inside kept /bin/cat /x/new
	atf_check -s not-exit:0 -e match:"Read-only file system" jexec w /bin/sh -c '>/x/more'
	down
	wait_for 10 sh -c '! losetup -a | grep -q /home/image'
	: >/home/none
	echo "mount = \"/home/none $j/x ext4 rw\";" | conf
	atf_check -s exit:1 -e match:"^jail: w: mount: $j/x: /home/none: (Invalid argument|Input/output error)$" \
	    jail -c w
	wait_for 10 sh -c '! losetup -a | grep -q /home/none'
}

new_case dataset "a dataset of zfs that is not mounted on the host"
dataset_body() {
	given
	echo "mount = \"tank/data $j/x zfs rw\";" | conf
	refused "mount: $j/x: no dataset tank/data is mounted on the host: zfs mount tank/data"
}

new_case files "the files of a jail that runs, read from the host"
files_body() {
	given
	echo 'mount = "/home/a $path/x nullfs ro"; mount += "t $path/tmp tmpfs rw";' | conf
	up
	link=/run/jail/.root/$(jls -j w jid)
	atf_check jexec w /bin/sh -c 'echo in >/tmp/new'
	atf_check -o inline:"a\n" cat $link/x/file
	atf_check -o inline:"in\n" cat $link/tmp/new
	# Nobody else looks in.
	gaol_user alice
	atf_check -s not-exit:0 -e match:"Permission denied" su alice -c "ls $link/"
	down
	[ ! -L $link ] || atf_fail "the link is left"
	# Also where nobody takes the jail away but its keeper.
	sed -i 's/persist;/exec.start = "\/bin\/sleep 600 \&";/' /etc/jail.conf
	up
	link=/run/jail/.root/$(jls -j w jid)
	[ -L $link ] || atf_fail "no link"
	jexec w /bin/sh -c 'kill -9 -1'
	wait_for 10 sh -c '[ -z "$(jls jid)" ]'
	# What its keeper left, if it left anything.
	jail -R w >/dev/null 2>&1
	[ ! -L $link ] || atf_fail "the link is left"
}

new_case mkdir "X-mount.mkdir makes the mount point"
mkdir_body() {
	given
	ln -s /home/other $j/link
	echo 'mount = "/home/a $path/new/deep nullfs ro,X-mount.mkdir"; mount += "t $path/tmp tmpfs rw"; mount += "/home/a $path/tmp/sub nullfs ro,X-mount.mkdir";' | conf
	up
	inside a /bin/cat /new/deep/file
	inside a /bin/cat /tmp/sub/file
	inside "/new 40755 0:0 0,0" /bin/stat /new
	down
	# It stays, as what mkdir makes does.
	atf_check rmdir $j/new/deep $j/new
	echo 'mount = "/home/a $path/link/deep nullfs ro,X-mount.mkdir";' | conf
	refused "mount: $j/link/deep is a symbolic link"
	[ -z "$(ls /home/other)" ] || atf_fail "something was made outside"
	echo 'mount = "/home/a/file $path/new nullfs ro,X-mount.mkdir";' | conf
	refused "mount: $j/new: only a directory can be made: /home/a/file is a file"
	echo 'mount = "/home/a $path/new/deep nullfs ro,X-mount.mkdir"; gaol.mounts = host;' | conf
	up
	inside a /bin/cat /new/deep/file
	down
}

new_case many "200 mounts, in order, and gone at the end"
many_body() {
	given
	{
		echo "mount = \"t $j/x tmpfs rw\";"
		# Each within the one before: only in this order can they be made.
		d=$j/x
		i=1
		while [ $i -le 100 ]; do
			d=$d/d
			echo "mount += \"t $d tmpfs rw,X-mount.mkdir\";"
			i=$((i + 1))
		done
		while [ $i -lt 200 ]; do
			echo "mount += \"/home/a $j/y/m$i nullfs ro,X-mount.mkdir\";"
			i=$((i + 1))
		done
	} | conf
	up
	atf_check -o inline:"200\n" sh -c 'jexec w /bin/cat /proc/mounts | grep -cE " /(x|y)"'
	inside a /bin/cat /y/m199/file
	down
	atf_check -o not-match:"$j" cat /proc/mounts
	rm -r $j/y
}

# Whoever may write in the tree swaps a directory for a link, as fast as it can, while the jail
# starts with mounts there.
new_case swap "a mount point that becomes a link in between"
swap_body() {
	given
	mkdir -p /home/victim/deep $j/swap/deep
	echo victim >/home/victim/deep/file
	ln -s /home/victim $j/link
	cat >swapper <<-'END'
		import os, sys
		os.chdir(sys.argv[1])
		while os.getppid() != 1:
		    os.rename("swap", "away")
		    os.rename("link", "swap")
		    os.rename("swap", "link")
		    os.rename("away", "swap")
	END
	echo 'mount = "/home/a $path/swap/deep nullfs ro"; mount += "/home/a $path/swap nullfs ro";' | conf
	python3 swapper $j &
	pid=$!
	started=0 refused=0 i=0
	while [ $i -lt 150 ]; do
		i=$((i + 1))
		if jail -q -c w 2>err; then
			started=$((started + 1))
			jail -q -r w || atf_fail "not removed"
		else
			refused=$((refused + 1))
			grep -Eq "is a symbolic link|No such file or directory" err ||
			    atf_fail "it says: $(cat err)"
		fi
		[ "$(cat /home/victim/deep/file)" = victim ] || atf_fail "mounted outside"
		! grep -q " /home/victim" /proc/self/mountinfo || atf_fail "mounted outside"
	done
	kill -9 $pid
	wait $pid
	echo "started $started, refused $refused"
	[ $started -gt 0 ] && [ $refused -gt 0 ] || atf_fail "no race: $started and $refused"
}

atf_init_test_cases() {
	for n in 48 49 50 51 52 53 54 55 56 57 58 59 60 61; do
		atf_add_test_case case_$n
	done
	for name in image dataset live files mkdir many swap; do
		atf_add_test_case $name
	done
}
