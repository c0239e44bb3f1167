#!/usr/bin/env atf-sh
# mount_nullfs and mount.nullfs.  Cases called case_N are the numbered ones of nullfs.
. "$(dirname "$0")/env.subr"

new_case() { # NAME DESCRIPTION
	atf_test_case "$1"
	eval "descr_$1=\$2; $1_head() { atf_set descr \"\$descr_$1\"; }"
}

trees() { # NAME...: directories below /home, each with a file of its name
	for name; do
		mkdir -p "/home/$name" || atf_fail "cannot make /home/$name"
		echo "$name" >"/home/$name/file"
	done
}

says() { # TEXT COMMAND...: prints exactly that
	text=$1
	shift
	atf_check -o inline:"$text" "$@"
}

refused() { # STATUS TEXT COMMAND...: fails with exactly that, and mounts nothing
	status=$1 text=$2
	shift 2
	before=$(wc -l </proc/self/mountinfo)
	atf_check -s "exit:$status" -o empty -e inline:"mount_nullfs: $text\n" "$@"
	atf_check_equal "$before" "$(wc -l </proc/self/mountinfo)"
}

off() { # DIRECTORY...
	umount "$@" || atf_fail "umount $*"
}

new_case case_41 "the same mount twice"
case_41_body() {
	gaol_env
	trees a b
	atf_check mount_nullfs /home/a /home/b
	says 'a\n' cat /home/b/file
	refused 1 '/home/b: Resource deadlock avoided' mount_nullfs /home/a /home/b
	refused 1 '/home/b: Resource deadlock avoided' mount -t nullfs /home/a /home/b
	refused 1 '/home/b: Resource deadlock avoided' mount -t nullfs -o ro /home/a /home/b
	off /home/b
	says 'b\n' cat /home/b/file
}

new_case case_42 "stacks and chains"
case_42_body() {
	gaol_env
	trees a b c d
	atf_check mount_nullfs /home/a /home/b
	atf_check mount_nullfs /home/c /home/b
	says 'c\n' cat /home/b/file
	off /home/b
	says 'a\n' cat /home/b/file
	atf_check mount_nullfs /home/b /home/d
	says 'a\n' cat /home/d/file
	# There and back is no repeat.
	atf_check mount_nullfs /home/b /home/a
	says 'a\n' cat /home/a/file
	off /home/a /home/d /home/b
}

new_case case_43 "a mount point within the source, and the other way round"
case_43_body() {
	gaol_env
	trees a a/sub
	atf_check mount_nullfs /home/a /home/a/sub
	says 'a\n' cat /home/a/sub/file
	off /home/a/sub
	atf_check mount_nullfs /home/a/sub /home/a
	says 'a/sub\n' cat /home/a/file
	off /home/a
	# Over itself, where it is no mount yet; the second time it is.
	atf_check mount_nullfs /home/a/sub /home/a/sub
	refused 1 '/home/a/sub: Resource deadlock avoided' mount_nullfs /home/a/sub /home/a/sub
	off /home/a/sub
}

new_case case_44 "the root"
case_44_body() {
	gaol_env
	mkdir /home/r
	atf_check mount_nullfs / /home/r
	[ -d /home/r/etc ] || atf_fail "no etc"
	off /home/r
	refused 1 '/: Resource deadlock avoided' mount_nullfs / /
}

new_case case_45 "one file system, without what is mounted below"
case_45_body() {
	gaol_env
	trees a a/x b
	mount -t tmpfs sub /home/a/x
	echo inner >/home/a/x/file
	atf_check mount_nullfs /home/a /home/b
	says 'a/x\n' cat /home/b/x/file
	# Nor what is mounted there later, though "/" is shared.
	mkdir /home/a/y
	mount -t tmpfs later /home/a/y
	touch /home/a/y/inner
	says '' ls /home/b/y
	# What is mounted in the copy does not show in the source either.
	mount -t tmpfs copy /home/b/y
	touch /home/b/y/copy
	says 'inner\n' ls /home/a/y
	off /home/b/y /home/b /home/a/y /home/a/x
}

new_case case_46 "no update"
case_46_body() {
	gaol_env
	trees a b
	atf_check mount_nullfs -o ro /home/a /home/b
	refused 1 '/home/b: Operation not supported' mount_nullfs -u -o rw /home/a /home/b
	refused 1 '/home/b: Operation not supported' \
	    mount -t nullfs -o remount,rw /home/a /home/b
	atf_check -s exit:1 -e match:'Read-only file system' touch /home/b/x
	off /home/b
}

new_case case_47 "a fifo and a socket on a read-only mount"
case_47_body() {
	gaol_env
	trees a b
	mkfifo /home/a/fifo
	atf_check mount -t nullfs -o ro /home/a /home/b
	atf_check -s not-exit:0 -e match:'Read-only file system' rm /home/b/file
	atf_check -s not-exit:0 -e match:'Read-only file system' sh -c 'echo >/home/b/file'
	cat /home/a/fifo >out &
	echo through >/home/b/fifo || atf_fail "fifo"
	wait $!
	says 'through\n' cat out
	off /home/b
}

new_case options "each option, by both programs' calling"
options_body() {
	gaol_env
	trees a b
	for how in 'mount -t nullfs' mount_nullfs mount.nullfs; do
		for opts in ro nosuid noexec nodev noatime nosymfollow ro,nosuid,noexec,nodev,noatime; do
			$how -o $opts /home/a /home/b || atf_fail "$how -o $opts"
			have=,$(awk '$5 == "/home/b" { print $6 }' /proc/self/mountinfo),
			for opt in $(echo $opts | tr , ' '); do
				case $have in
				*,"$opt",*) ;;
				*) atf_fail "$how -o $opts: $have" ;;
				esac
			done
			off /home/b
		done
	done
	# Options behind the operands, and several -o, the last word counting.
	atf_check mount.nullfs /home/a /home/b -n -s -o rw -o ro -t nullfs
	atf_check -s exit:1 -e match:'Read-only' touch /home/b/x
	off /home/b
	atf_check mount_nullfs -o ro,rw /home/a /home/b
	atf_check touch /home/b/x
	off /home/b
	# Words that nobody knows, and those of fstab.
	atf_check mount_nullfs -o foo,nocache,noauto,late /home/a /home/b
	off /home/b
	atf_check -o inline:'/home/a on /home/b\n' mount.nullfs /home/a /home/b -v
	off /home/b
	atf_check mount.nullfs /home/a /home/b -f
	says 'b\n' cat /home/b/file
	atf_check -s exit:64 -e inline:'usage: mount_nullfs [-o options] target mount-point\n' \
	    mount_nullfs /home/a
	atf_check -s exit:64 -e match:'^usage: ' mount_nullfs /home/a /home/b /home/c
	atf_check -s exit:64 -e match:'usage: ' mount_nullfs -x /home/a /home/b
}

new_case inherited "what the source's mount forbids stays forbidden"
inherited_body() {
	gaol_env
	trees a b c
	atf_check mount_nullfs -o ro,nosuid,noexec /home/a /home/b
	atf_check mount_nullfs -o rw,suid,exec /home/b /home/c
	atf_check -s exit:1 -e match:'Read-only' touch /home/c/x
	atf_check -o match:'ro,.*nosuid,.*noexec' \
	    awk '$5 == "/home/c" { print $6 }' /proc/self/mountinfo
	off /home/c /home/b
}

new_case cover "nocover and emptydir"
cover_body() {
	gaol_env
	trees a b
	mkdir /home/e
	refused 1 '/home/b: Directory not empty' mount_nullfs -o emptydir /home/a /home/b
	atf_check mount_nullfs -o emptydir,nocover /home/a /home/e
	refused 1 '/home/e: Device or resource busy' mount_nullfs -o nocover /home/b /home/e
	off /home/e
}

new_case files "a file over a file"
files_body() {
	gaol_env
	trees a b
	atf_check mount_nullfs -o ro /home/a/file /home/b/file
	says 'a\n' cat /home/b/file
	atf_check -s not-exit:0 -e match:'Read-only' sh -c 'echo x >/home/b/file'
	refused 1 '/home/b/file: Resource deadlock avoided' mount_nullfs /home/a/file /home/b/file
	echo other >/home/other
	refused 1 '/home/b/file: Device or resource busy' mount_nullfs /home/other /home/b/file
	off /home/b/file
	ln /home/b/file /home/b/second
	refused 1 '/home/b/file: Invalid argument' mount_nullfs /home/a/file /home/b/file
	refused 64 '/home/b: must be same type as /home/a/file (file or directory)' \
	    mount_nullfs /home/a/file /home/b
	refused 64 '/home/b/file: must be same type as /home/a (file or directory)' \
	    mount_nullfs /home/a /home/b/file
	mkfifo /home/fifo
	refused 64 '/home/fifo: must be either a file or directory' \
	    mount_nullfs /home/fifo /home/b/file
}

new_case missing "source or mount point that are not there"
missing_body() {
	gaol_env
	trees a
	refused 64 '/no/such: No such file or directory' mount_nullfs /no/such /home/a
	refused 64 '/home/none: No such file or directory' mount_nullfs /home/a /home/none
	refused 64 '/home/a/file/x: Not a directory' mount_nullfs /home/a/file/x /home/a
	gaol_user joe
	atf_check -s exit:1 -e inline:'mount_nullfs: /home/joe: Operation not permitted\n' \
	    as_user joe /usr/local/sbin/mount_nullfs /home/a /home/joe
}

new_case odd_names "blanks, tabs, newlines, backslashes, commas"
odd_names_body() {
	gaol_env
	odd=$(printf 'a b\tc\\d\ne,f')
	trees plain
	mkdir "/home/$odd"
	echo odd >"/home/$odd/file"
	atf_check mount -t nullfs "/home/$odd" /home/plain
	says 'odd\n' cat /home/plain/file
	off /home/plain
	atf_check mount -t nullfs -o ro /home/plain "/home/$odd"
	says 'plain\n' cat "/home/$odd/file"
	off "/home/$odd"
	# A line of fstab, escaped as it is there.
	mkdir '/home/x y'
	printf '%s\n' '/home/plain /home/x\040y nullfs ro 0 0' >/etc/fstab
	atf_check mount '/home/x y'
	says 'plain\n' cat '/home/x y/file'
	off '/home/x y'
}

new_case fstab "mount -a twice, and lists of mounts"
fstab_body() {
	gaol_env
	trees a b c
	mkdir /home/dev
	cat >/etc/fstab <<-END
		/home/a /home/b nullfs ro 0 0
		/home/a /home/c nullfs rw 0 0
		devfs /home/dev devfs rw,ruleset=4 0 0
	END
	atf_check mount -a
	says '3\n' sh -c "awk '\$5 ~ \"^/home/\"' /proc/self/mountinfo | wc -l"
	# util-linux does not know them again, so that the helper must: no second layer.
	mount -a 2>err
	says 'mount_nullfs: /home/b: Resource deadlock avoided\nmount_nullfs: /home/c: Resource deadlock avoided\n' \
	    grep nullfs err
	says '2\n' sh -c "awk '\$5 ~ \"^/home/[bc]\"' /proc/self/mountinfo | wc -l"
	atf_check -o match:' on /home/b type .*\(ro,' mount
	atf_check -o inline:'/home/b\n' findmnt -n -o TARGET /home/b
	off /home/b /home/c
	umount -R /home/dev
	while umount /home/dev 2>/dev/null; do :; done
}

new_case namespace "-N: in another mount namespace"
namespace_body() {
	gaol_env
	trees a b
	unshare --mount --propagation private sleep 100 &
	pid=$!
	until [ "$(readlink /proc/$pid/ns/mnt)" != "$(readlink /proc/self/ns/mnt)" ]; do
		sleep 0.01
	done
	atf_check mount.nullfs /home/a /home/b -N /proc/$pid/ns/mnt
	says 'b\n' cat /home/b/file
	says 'a\n' nsenter -m -t $pid cat /home/b/file
	kill $pid
	wait $pid 2>/dev/null
	atf_check -s exit:1 -e inline:'mount_nullfs: /no/such: No such file or directory\n' \
	    mount.nullfs /home/a /home/b -N /no/such
}

atf_init_test_cases() {
	for n in 41 42 43 44 45 46 47; do
		atf_add_test_case case_$n
	done
	for name in options inherited cover files missing odd_names fstab namespace; do
		atf_add_test_case $name
	done
}
