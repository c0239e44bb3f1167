#!/usr/bin/env atf-sh
# devfs(8), devfs.rules(5) and mount.devfs.  Cases called case_N are the numbered ones of
# devfs; those that are about the language alone are in unit/dev*_test.c too.
. "$(dirname "$0")/env.subr"

mnt=/home/dev

# What every devfs has, whatever its ruleset.
always='mqueue
shm
tty'

denied() { # REQUEST REASON COMMAND...: the command fails with exactly that
	request=$1 reason=$2
	shift 2
	atf_check -s exit:1 -o empty -e inline:"devfs rule: $request: $reason\n" "$@"
}

says() { # TEXT COMMAND...: prints exactly that
	text=$1
	shift
	atf_check -o inline:"$text" "$@"
}

devfs_mount() { # RULESET [DIRECTORY]
	mkdir -p "${2:-$mnt}"
	atf_check mount -t devfs -o "ruleset=$1" devfs "${2:-$mnt}"
}

unmounted() {
	umount "${1:-$mnt}" || atf_fail "umount ${1:-$mnt}"
}

names() { # NAME...: exactly these and those that are always there
	{
		printf '%s\n' "$always"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | LC_ALL=C sort >want
	(cd "$mnt" && find . -mindepth 1 | sed 's,^\./,,' | LC_ALL=C sort) >got
	diff -u want got || atf_fail "not what should be in $mnt"
}

has() { # NAME...
	for name; do
		[ -e "$mnt/$name" ] || [ -L "$mnt/$name" ] || atf_fail "$mnt/$name is not there"
	done
}

has_not() { # NAME...
	for name; do
		if [ -e "$mnt/$name" ] || [ -L "$mnt/$name" ]; then
			atf_fail "$mnt/$name is there"
		fi
	done
}

rules() { # RULESET RULE...: as devfs rule add -, each
	set=$1
	shift
	for rule; do
		echo "$rule" | devfs rule -s "$set" add - || atf_fail "rule $rule"
	done
}

new_case() { # NAME DESCRIPTION
	atf_test_case "$1"
	eval "descr_$1=\$2; $1_head() { atf_set descr \"\$descr_$1\"; }"
}

new_case case_1 "add to ruleset 0"
case_1_body() {
	gaol_env
	denied "ioctl DEVFSIO_RADD" "Input/output error" devfs rule add path foo hide
	denied "ioctl DEVFSIO_RADD" "Input/output error" devfs rule -s 0 add path foo hide
}

new_case case_2 "apply needs no ruleset"
case_2_body() {
	gaol_env
	atf_check devfs rule apply path foo hide
}

new_case case_3 "applyset of ruleset 0, and of one that is not there"
case_3_body() {
	gaol_env
	denied "ioctl DEVFSIO_SAPPLY" "No such process" devfs rule applyset
	denied "ioctl DEVFSIO_SAPPLY" "No such process" devfs rule -s 99 applyset
}

new_case case_4 "show of ruleset 0"
case_4_body() {
	gaol_env
	atf_check devfs rule show
	atf_check devfs rule -s 99 show
	atf_check devfs rule -s 99 delset
}

new_case case_5 "numbers are given in hundreds from the highest"
case_5_body() {
	gaol_env
	atf_check devfs rule -s 10 add 150 path a hide
	atf_check devfs rule -s 10 add path b hide
	atf_check devfs rule -s 10 add 120 path c hide
	says '120 path c hide\n150 path a hide\n250 path b hide\n' devfs rule -s 10 show
	says '150 path a hide\n' devfs rule -s 10 show 150
	atf_check devfs rule -s 10 show 130
	denied "ioctl DEVFSIO_RGETNEXT" "No such file or directory" devfs rule -s 10 show 251
	denied "ioctl DEVFSIO_RADD" "File exists" devfs rule -s 10 add 150 hide
	atf_check devfs rule -s 10 del 150
	denied "ioctl DEVFSIO_RDEL" "No such file or directory" devfs rule -s 10 del 150
	atf_check -s exit:1 -e inline:'devfs rule: error converting to integer: x\n' \
	    devfs rule -s 10 del x
	atf_check devfs rule -s 10 add path d hide
	says '120 path c hide\n250 path b hide\n350 path d hide\n' devfs rule -s 10 show
}

new_case case_6 "no number is left"
case_6_body() {
	gaol_env
	atf_check devfs rule -s 10 add 65500 path a hide
	denied "ioctl DEVFSIO_RADD" "Result too large" devfs rule -s 10 add hide
	atf_check devfs rule -s 11 add 65435 path a hide
	atf_check devfs rule -s 11 add hide
	says '65435 path a hide\n65535 hide\n' devfs rule -s 11 show
}

new_case case_7 "rule 0 is numbered"
case_7_body() {
	gaol_env
	atf_check devfs rule -s 10 add 0 path x hide
	says '100 path x hide\n' devfs rule -s 10 show
}

new_case case_8 "a number that is too big is no number"
case_8_body() {
	gaol_env
	atf_check -s exit:1 -e inline:'devfs rule: unknown argument: 70000\n' \
	    devfs rule -s 10 add 70000 path x hide
}

new_case case_9 "conditions come first"
case_9_body() {
	gaol_env
	atf_check -s exit:1 -e inline:'devfs rule: unknown argument: path\n' \
	    devfs rule -s 10 add hide path x
	atf_check -s exit:1 -e inline:'devfs rule: expecting argument for path\n' \
	    devfs rule -s 10 add path
}

new_case case_10 "the last path counts"
case_10_body() {
	gaol_env
	atf_check devfs rule -s 10 add path x path y hide
	says '100 path y hide\n' devfs rule -s 10 show
}

new_case case_11 "types are alternatives"
case_11_body() {
	gaol_env
	atf_check devfs rule -s 10 add type disk type tape mode 600
	says '100 type disk type tape mode 600\n' devfs rule -s 10 show
}

new_case case_12 "unhide wins over hide in one rule"
case_12_body() {
	gaol_env
	rules 10 hide 'path zero unhide hide'
	says '100 hide\n200 path zero hide unhide\n' devfs rule -s 10 show
	devfs_mount 10
	names zero
	unmounted
}

new_case case_13 "a star does not reach into directories"
case_13_body() {
	gaol_env
	rules 10 hide 'path net* unhide'
	[ -d /dev/net ] || atf_skip "the host has no /dev/net"
	devfs_mount 10
	names net
	unmounted
}

new_case case_14 "a star is the top level only"
case_14_body() {
	gaol_env
	rules 10 hide 'path * unhide'
	devfs_mount 10
	has null zero full
	# net/tun is tap and tun at the top level, by FreeBSD's names.
	below=$(cd /dev && find . -xdev -mindepth 2 -maxdepth 2 -type c ! -path ./net/tun)
	for name in $below; do
		has_not "$name"
	done
	devfs rule -s 10 add path '*/*' unhide
	devfs -m $mnt rule applyset || atf_fail "applyset"
	for name in $below; do
		has "$name"
	done
	unmounted
}

new_case case_15 "a node in a hidden directory stays out of reach"
case_15_body() {
	gaol_env
	rules 10 hide 'path pts/0 unhide'
	devfs_mount 10
	names
	unmounted
}

new_case case_16 "names are relative to /dev"
case_16_body() {
	gaol_env
	rules 10 'path /dev/null hide'
	devfs_mount 10
	has null
	unmounted
}

new_case case_17 "no braces"
case_17_body() {
	gaol_env
	rules 10 'path {null,zero}* hide'
	devfs_mount 10
	has null zero
	unmounted
}

new_case case_18 "urandom alone: a device of its own here, a link that leads nowhere on FreeBSD"
case_18_body() {
	gaol_env
	rules 10 hide 'path urandom unhide'
	devfs_mount 10
	names urandom
	says '1\n' sh -c "head -c 1 $mnt/urandom | wc -c"
	unmounted
}

new_case case_19 "type tty"
case_19_body() {
	gaol_env
	[ -e /dev/console ] || atf_skip "the host has no /dev/console"
	rules 10 'type tty hide'
	devfs_mount 10
	has stdin null tty pts
	has_not console
	[ "$(find $mnt -name 'tty[0-9]*' | wc -l)" -eq 0 ] || atf_fail "terminals are left"
	unmounted
}

new_case case_20 "includes in an included ruleset count"
case_20_body() {
	gaol_env
	rules 10 'include 4'
	devfs_mount 4
	(cd $mnt && find . | sort) >four
	unmounted
	devfs_mount 10
	(cd $mnt && find . | sort) >ten
	unmounted
	atf_check diff four ten
	has_zero=$(grep -c '^\./zero$' ten)
	atf_check_equal 1 "$has_zero"
	atf_check_equal 0 "$(grep -c '^\./full$' ten)"
}

new_case case_21 "ruleset 5 is 4 and pf"
case_21_body() {
	gaol_env
	devfs_mount 4
	(cd $mnt && find . | sort) >four
	unmounted
	devfs_mount 5
	(cd $mnt && find . | sort) >five
	unmounted
	atf_check diff four five
	says '100 include 1\n200 include 2\n300 include 3\n400 include 4\n500 path pf unhide\n' \
	    devfs rule -s 5 show
}

new_case case_22 "a ruleset may include itself, to no effect; a longer circle is refused"
case_22_body() {
	gaol_env
	denied "ioctl DEVFSIO_RADD" "No such process" devfs rule -s 10 add include 10
	rules 10 hide 'path zero unhide' 'include 10'
	devfs_mount 10
	names zero
	unmounted
	rules 11 'include 10'
	rules 12 'include 11'
	denied "ioctl DEVFSIO_RADD" \
	    "ruleset 10 would include itself: 10 includes 12 includes 11 includes 10" \
	    devfs rule -s 10 add include 12
	says '100 hide\n200 path zero unhide\n300 include 10\n' devfs rule -s 10 show
}

new_case case_23 "a new rule changes what is there by applyset only"
case_23_body() {
	gaol_env
	devfs_mount 4
	has_not full
	atf_check devfs rule -s 4 add path full unhide mode 600
	has_not full
	atf_check devfs -m $mnt rule applyset
	has full
	says '600 1:7\n' stat -c '%a %r:%T' --printf '%a 1:7\n' $mnt/full
	says '1\n' sh -c "head -c 1 $mnt/full | wc -c"
	atf_check devfs rule -s 4 del 600
	atf_check devfs rule -s 4 add path full hide
	has full
	atf_check devfs -m $mnt rule applyset
	has_not full
	unmounted
}

new_case case_24 "delset of a ruleset in use"
case_24_body() {
	gaol_env
	devfs_mount 4
	atf_check devfs rule -s 4 delset
	atf_check devfs rule -s 4 show
	has null zero
	has_not full
	# It is there while something uses it.
	says '1\n2\n3\n4\n5\n' devfs rule showsets
	atf_check devfs rule -s 5 del 400
	says '1\n2\n3\n4\n5\n' devfs rule showsets
	unmounted
	says '1\n2\n3\n5\n' devfs rule showsets
}

new_case case_25 "a current ruleset is there though it has no rules"
case_25_body() {
	gaol_env
	atf_check devfs ruleset 77
	says '1\n2\n3\n4\n5\n77\n' devfs rule showsets
	atf_check devfs ruleset 0
	says '1\n2\n3\n4\n5\n' devfs rule showsets
	atf_check -s exit:1 -e inline:'devfs ruleset: error converting to number: x\n' \
	    devfs ruleset x
	atf_check -s exit:1 -e inline:'devfs ruleset: error converting to number: 65536\n' \
	    devfs ruleset 65536
	devfs_mount 4
	atf_check devfs -m $mnt ruleset 88
	has null
	says '1\n2\n3\n4\n5\n88\n' devfs rule showsets
	atf_check devfs -m $mnt rule add path x hide
	says '100 path x hide\n' devfs rule -s 88 show
	unmounted
}

new_case case_26 "apply with a number runs the stored rule, whatever follows it"
case_26_body() {
	gaol_env
	rules 10 hide 'path zero unhide' '300 path null unhide'
	devfs_mount 10
	names null zero
	denied "ioctl DEVFSIO_RAPPLYID" "No such file or directory" devfs -m $mnt rule apply 150
	atf_check devfs rule -s 10 add 150 path zero hide
	atf_check devfs -m $mnt rule apply 150 path null hide
	names null
	unmounted
}

new_case case_27 "show feeds add -, up to the first number that is taken"
case_27_body() {
	gaol_env
	rules 9 '50 path a hide' 'path b* mode 600' '300 path c unhide'
	rules 10 '150 path taken'
	says '50 path a hide\n150 path b* mode 600\n300 path c unhide\n' devfs rule -s 9 show
	atf_check -s exit:1 -e inline:'devfs rule: ioctl: File exists\n' \
	    sh -c 'devfs rule -s 9 show | devfs rule -s 10 add -'
	says '50 path a hide\n150 path taken\n' devfs rule -s 10 show
	atf_check sh -c 'devfs rule -s 9 show | devfs rule -s 11 add -'
	says '50 path a hide\n150 path b* mode 600\n300 path c unhide\n' devfs rule -s 11 show
}

new_case case_28 "an empty line ends the input"
case_28_body() {
	gaol_env
	printf 'path a hide\n\npath b hide\n' >in
	atf_check sh -c 'devfs rule -s 10 add - <in'
	says '100 path a hide\n' devfs rule -s 10 show
	printf 'path a hide\n  \n' >in
	atf_check -s exit:1 -e inline:'devfs rule: unexpected end of rulespec\n' \
	    sh -c 'devfs rule -s 11 add - <in'
	says '100 path a hide\n' devfs rule -s 11 show
}

new_case case_29 "no quotes on standard input"
case_29_body() {
	gaol_env
	echo "path 'zero' hide" | devfs rule -s 10 add - || atf_fail "add -"
	says "100 path 'zero' hide\n" devfs rule -s 10 show
	devfs_mount 10
	has zero
	unmounted
}

reload() { # EXPECTED-ERRORS: of /etc/devfs.rules
	if [ -n "$1" ]; then
		atf_check -s exit:1 -e inline:"$1" devfs reload
	else
		atf_check devfs reload
	fi
}

new_case case_30 "a header with blanks"
case_30_body() {
	gaol_env
	cat >/etc/devfs.rules <<-END
		[my_rules = 10]
		add path x hide
		[good=11]
		add path y hide
	END
	reload 'devfs reload: /etc/devfs.rules:1: cannot extract rule number ([my_rules = 10]); its rules are left out\n'
	atf_check devfs rule -s 10 show
	says '100 path y hide\n' devfs rule -s 11 show
}

new_case case_31 "a name that cannot be one of a variable"
case_31_body() {
	gaol_env
	printf '[my-rules=10]\nadd path x hide\n' >/etc/devfs.rules
	reload 'devfs reload: /etc/devfs.rules:1: $my-rules cannot be used: only letters, digits and _ can stand in a name\n'
	says '100 path x hide\n' devfs rule -s 10 show
}

new_case case_32 "a name must be defined above"
case_32_body() {
	gaol_env
	cat >/etc/devfs.rules <<-'END'
		[first=10]
		add include $later
		[later=11]
		add path x hide
	END
	mistake='/etc/devfs.rules:2: expecting argument for include ($later is not defined above)'
	reload "devfs reload: $mistake\n"
	denied "ioctl DEVFSIO_RGETNEXT" "ruleset 10 could not be loaded: $mistake" \
	    devfs rule -s 10 show
	says '100 path x hide\n' devfs rule -s 11 show
	# Nobody gets a devfs of rules that could not be read.
	mkdir -p $mnt
	atf_check -s exit:1 -e inline:"mount: devfs: ruleset 10 could not be loaded: $mistake\n" \
	    mount -t devfs -o ruleset=10 devfs $mnt
	atf_check -s not-exit:0 mountpoint -q $mnt
}

new_case case_33 "comments"
case_33_body() {
	gaol_env
	printf '[a=10]\nadd path foo unhide # note\nadd path foo#1 unhide\n' >/etc/devfs.rules
	reload ''
	says '100 path foo unhide\n200 path foo#1 unhide\n' devfs rule -s 10 show
}

new_case case_34 "the same number in /etc/devfs.rules replaces the whole ruleset"
case_34_body() {
	gaol_env
	printf '[devfsrules_jail=4]\nadd path zero hide\n' >/etc/devfs.rules
	says '100 path zero hide\n' devfs rule -s 4 show
}

new_case case_35 "devfs_system_ruleset: the host's /dev is udev's, and it is said"
case_35_body() {
	gaol_env
	echo 'devfs_system_ruleset="10"' >/etc/rc.conf
	atf_check -e inline:"/etc/init.d/devfs: WARNING: devfs_system_ruleset is ignored: Linux's own /dev is not devfs.\n" \
	    /etc/init.d/devfs restart
	atf_check devfs rule show
	says '1\n2\n3\n4\n5\n' devfs rule showsets
}

jail_with() { # PARAMETER...: a jail x with a /dev
	[ -d /home/t ] || gaol_tiny_root /home/t
	atf_check -o ignore jail -c name=x path=/home/t persist mount.devfs "$@"
}

inside() { # NAME: whether the jail can open /dev/NAME
	jexec x /bin/sh -c ": <$1" 2>/dev/null
}

new_case case_36 "devfs_ruleset=0: everything; none given: ruleset 4"
case_36_body() {
	gaol_env
	jail_with devfs_ruleset=0
	atf_check jexec x /bin/sh -c '[ -c /dev/full ] && : </dev/full'
	atf_check jail -r x
	jail_with
	atf_check jexec x /bin/sh -c '[ ! -e /dev/full ] && : </dev/null'
	atf_check jail -r x
}

new_case case_39 "a jail mounts no devfs of its own choice, and changes no rules"
case_39_body() {
	gaol_env
	gaol_tiny_root /home/t
	cp "$GAOL_STAGE/sbin/mount_devfs" "$GAOL_STAGE/sbin/devfs" /home/t/bin/
	# With the libraries that they want.
	ldd "$GAOL_STAGE/sbin/devfs" | grep -o '/[^ ]*' | while read -r lib; do
		mkdir -p "/home/t$(dirname "$lib")"
		cp -L "$lib" "/home/t$lib"
	done
	mkdir /home/t/mnt
	for userns in new identity inherit; do
		atf_check -o ignore -e ignore jail -c name=x path=/home/t persist mount.devfs \
		    devfs_ruleset=4 gaol.userns=$userns
		atf_check -s exit:1 -e match:'^mount: .*(Operation not permitted|Read-only file system|No such file or directory)' \
		    jexec x /bin/mount_devfs -o ruleset=2 devfs /mnt
		atf_check -s exit:1 -e inline:'devfs rule: /dev: Operation not permitted\n' \
		    jexec x /bin/devfs rule -s 4 delset
		atf_check jail -r x
	done
	atf_check -o match:'^100 include 1$' devfs rule -s 4 show
}

new_case live "a running jail: the device opens and closes as the rules change"
live_body() {
	gaol_env
	rules 10 'include 4'
	jail_with devfs_ruleset=10
	mknod /home/t/smuggled c 1 7
	chmod 666 /home/t/smuggled
	inside /dev/null || atf_fail "no null"
	inside /dev/full && atf_fail "full is open"
	# The second wall: a node on the jail's disk.
	inside /smuggled && atf_fail "a node on the disk opens"
	atf_check devfs rule -s 10 add 500 path full unhide
	inside /smuggled || atf_fail "allowed, and does not open"
	inside /dev/full && atf_fail "there without applyset"
	atf_check devfs -m /home/t/dev rule applyset
	inside /dev/full || atf_fail "not there after applyset"
	# Owned by the jail's root.
	says '/dev/full 20666 0:0 1,7\n' jexec x stat /dev/full
	# Open ones go on, new ones do not.
	atf_check devfs rule -s 10 del 500
	inside /dev/full && atf_fail "opens though the rule is gone"
	atf_check devfs rule -s 10 add path full hide
	atf_check devfs -m /home/t/dev rule applyset
	atf_check jexec x /bin/sh -c '[ ! -e /dev/full ]'
	says '1\n2\n3\n4\n5\n10\n' devfs rule showsets
	atf_check jail -r x
	rm /home/t/smuggled
}

new_case live_reload "a running jail obeys what service devfs restart reads"
live_reload_body() {
	gaol_env
	printf '[mine=10]\nadd include $devfsrules_jail\n' >/etc/devfs.rules
	jail_with devfs_ruleset=10
	mknod /home/t/smuggled c 1 7
	chmod 666 /home/t/smuggled
	inside /smuggled && atf_fail "a node on the disk opens"
	printf '[mine=10]\nadd include $devfsrules_jail\nadd path full unhide\n' >/etc/devfs.rules
	atf_check /etc/init.d/devfs restart
	inside /smuggled || atf_fail "allowed, and does not open"
	printf '[mine=10]\nadd include $devfsrules_jail\n' >/etc/devfs.rules
	atf_check /etc/init.d/devfs restart
	inside /smuggled && atf_fail "still opens"
	atf_check jail -r x
	rm /home/t/smuggled
}

new_case case_37 "ruleset=, as it is scanned"
case_37_body() {
	gaol_env
	mkdir -p $mnt
	devfs_mount 4abc
	atf_check -o match:'^100 include 1$' devfs -m $mnt rule show
	unmounted
	for bad in ruleset= ruleset ruleset=70000 ruleset=-1 ruleset=x; do
		atf_check -s exit:1 \
		    -e inline:'mount: devfs: invalid ruleset specification: Invalid argument\n' \
		    mount -t devfs -o $bad devfs $mnt
	done
	atf_check -s exit:1 \
	    -e inline:'mount: devfs: mount option <noatime> is unknown: Invalid argument\n' \
	    mount -t devfs -o noatime devfs $mnt
	atf_check -s exit:1 -e inline:'mount: devfs: Operation not supported\n' \
	    mount -t devfs -o export devfs $mnt
	atf_check -s not-exit:0 mountpoint -q $mnt
}

new_case case_38 "an update with ruleset=0 changes nothing, with another it applies it"
case_38_body() {
	gaol_env
	rules 10 hide 'path zero unhide'
	devfs_mount 4
	atf_check mount -t devfs -o remount,ruleset=0 devfs $mnt
	atf_check mount_devfs -u -o ruleset=0 devfs $mnt
	has null zero
	atf_check mount_devfs -u -o ruleset=10 devfs $mnt
	names zero
	says '100 hide\n200 path zero unhide\n' devfs -m $mnt rule show
	atf_check -s exit:1 -e inline:'mount: /home: Invalid argument\n' \
	    mount_devfs -u -o ruleset=10 devfs /home
	unmounted
}

new_case case_40 "a node that was removed is hidden in its mount only, until it is made again"
case_40_body() {
	gaol_env
	devfs_mount 4
	devfs_mount 4 /home/other
	rm $mnt/null
	has_not null
	[ -c /home/other/null ] || atf_fail "gone from the other one too"
	atf_check mknod $mnt/null c 1 3
	says 'x' sh -c "printf x | tee $mnt/null"
	rm $mnt/null
	atf_check devfs -m $mnt rule applyset
	has null
	unmounted
	unmounted /home/other
	# The jail's root, too, can hide a node from itself, and make none.
	gaol_tiny_root /home/j
	atf_check jail -c name=x path=/home/j mount.devfs persist
	atf_check jail -c name=y path=/home/j mount.devfs persist
	atf_check jexec x /bin/sh -c ': >/dev/null'
	atf_check jexec x /bin/rm /dev/null
	atf_check -s not-exit:0 -e ignore jexec x /bin/sh -c 'exec 3</dev/null'
	atf_check jexec y /bin/sh -c ': >/dev/null'
	cp "$GAOL_TOOLS/sockprobe" /home/j/bin/ 2>/dev/null
	for lib in $(ldd "$GAOL_TOOLS/sockprobe" | grep -o '/[^ ]*'); do
		mkdir -p "/home/j${lib%/*}"
		cp -L "$lib" "/home/j$lib"
	done
	atf_check -o match:"mknod: EPERM" jexec x /bin/sockprobe mknod=/dev/null,c,1,3
	atf_check devfs -m /home/j/dev rule applyset
	atf_check jexec x /bin/sh -c ': >/dev/null'
	atf_check -o ignore jail -R x y
}

new_case words "what is not understood"
words_body() {
	gaol_env
	usage='usage: \tdevfs [-m mount-point] [-s ruleset] rule ...\n\tdevfs [-m mount-point] ruleset ...\n'
	for args in '' '-x' 'rule' 'rule -x show' 'rule -s' 'rule add' 'rule apply' 'rule del' \
	    'rule applyset x' 'rule delset x' 'rule showsets x' 'ruleset'; do
		# shellcheck disable=SC2086 # words
		atf_check -s exit:1 -e match:'^usage: 	devfs ' devfs $args
	done
	atf_check -s exit:1 -e inline:"$usage" devfs
	atf_check -s exit:1 -e inline:'devfs: unknown command: foo\n' devfs foo
	atf_check -s exit:1 -e inline:'devfs rule: unknown command: foo\n' devfs rule foo
	atf_check -s exit:1 -e inline:'devfs rule: error converting to number: 70000\n' \
	    devfs rule -s 70000 show
	atf_check devfs rule -s '' show
	atf_check -s exit:1 -e inline:'devfs: open: /x: No such file or directory\n' \
	    devfs -m /x rule show
	mkdir -p /home/plain
	denied "ioctl DEVFSIO_RGETNEXT" "Inappropriate ioctl for device" \
	    devfs -m /home/plain rule show
	denied "ioctl DEVFSIO_SAPPLY" "Inappropriate ioctl for device" \
	    devfs -m /home/plain rule -s 4 applyset
	atf_check -s exit:1 -e inline:'devfs rule: pattern specified too long; truncated\ndevfs rule: ioctl DEVFSIO_RADD: Input/output error\n' \
	    devfs rule add path "$(printf 'a%.0s' $(seq 300))" hide
}

new_case ordinary_user "rules are root's"
ordinary_user_body() {
	gaol_env
	gaol_user joe
	devfs rule -s 4 show >before
	atf_check -s exit:1 -e inline:'devfs rule: /dev: Operation not permitted\n' \
	    as_user joe /usr/local/sbin/devfs rule -s 4 delset
	devfs rule -s 4 show >after
	atf_check diff before after
	atf_check -s not-exit:0 -o empty -e not-empty as_user joe /usr/local/sbin/mount_devfs devfs /home/joe
}

new_case host_dev "the host's own /dev: owners and modes, nothing is taken away"
host_dev_body() {
	gaol_env
	[ -e /dev/full ] || atf_skip "the host has no /dev/full"
	before=$(stat -c '%a %u %g' /dev/full)
	atf_check -s exit:1 -e match:'^devfs rule: ioctl DEVFSIO_RAPPLY: /dev/full: Operation not supported: ' \
	    devfs rule apply path full hide
	atf_check -s exit:1 -e match:'Operation not supported' devfs rule apply hide
	[ -c /dev/full ] || atf_fail "gone"
	atf_check_equal "$before" "$(stat -c '%a %u %g' /dev/full)"
}

# A /dev of the test's own, so that devices can come and go.
own_dev() {
	mkdir /home/newdev
	mount -t tmpfs -o mode=0755 devtmpfs /home/newdev || atf_fail "no tmpfs"
	for node in null zero full random urandom tty; do
		cp -a /dev/$node /home/newdev/ || atf_fail "no /dev/$node"
	done
	ln -s /proc/self/fd /home/newdev/fd
	mount --bind /home/newdev /dev || atf_fail "cannot bind /dev"
}

new_case new_device "a device that appears later"
new_device_body() {
	gaol_env
	own_dev
	rules 10 hide 'path new* unhide' 'path sub unhide' 'path sub/x unhide mode 640'
	devfs_mount 10
	names
	# Longer than a directory counts as just changed.
	sleep 0.1
	devfs_mount 10 /home/second
	umount /home/second
	mknod -m 600 /dev/new0 c 1 3
	mkdir /dev/sub
	mknod /dev/sub/x c 1 5
	names
	devfs_mount 10 /home/second
	[ -c /home/second/new0 ] && [ -c /home/second/sub/x ] || atf_fail "a new mount lacks it"
	atf_check devfs -m $mnt rule applyset
	names new0 sub sub/x
	says '600 1 3\n' stat -c '%a %t %T' $mnt/new0
	says '640 1 5\n' stat -c '%a %t %T' $mnt/sub/x
	mknod /dev/sub/y c 1 7
	rm /dev/new0
	devfs_mount 10 /home/third
	[ ! -e /home/third/new0 ] && [ ! -e /home/third/sub/y ] || atf_fail "the third mount"
	umount $mnt /home/second /home/third /dev /home/newdev
}

new_case host_modes "owner and mode of the host's devices"
host_modes_body() {
	gaol_env
	own_dev
	atf_check devfs rule apply path full user 1 group 2 mode u=rw,g=r
	says '640 1 2\n' stat -c '%a %u %g' /dev/full
	says '666 0 0\n' stat -c '%a %u %g' /dev/null
	# A rule that would hide one changes none.
	atf_check -s exit:1 -e match:'/dev/full: Operation not supported' \
	    devfs rule apply path '[fz]*' mode 600 hide
	says '640 1 2\n' stat -c '%a %u %g' /dev/full
	rules 10 'path full mode 660' 'path z* group 3'
	atf_check devfs ruleset 10
	atf_check devfs rule applyset
	says '660 1 2\n' stat -c '%a %u %g' /dev/full
	says '666 0 3\n' stat -c '%a %u %g' /dev/zero
	umount /dev /home/newdev
}

new_case one_mount "mount.devfs makes one mount, and umount takes it off"
one_mount_body() {
	gaol_env
	devfs_mount 4
	says "$mnt tmpfs devfs\n" sh -c \
	    "awk '\$5 ~ \"^$mnt\" { for (i = 7; \$i != \"-\"; i++); print \$5, \$(i + 1), \$(i + 2) }' /proc/self/mountinfo"
	atf_check -o match:"^devfs on $mnt type tmpfs" mount
	says '' find $mnt/pts $mnt/shm $mnt/mqueue -mindepth 1
	unmounted
	atf_check -s not-exit:0 mountpoint -q $mnt
	# Read-only, and a line of fstab.
	echo "devfs $mnt devfs ro,nosuid,ruleset=4,noauto 0 0" >/etc/fstab
	atf_check mount $mnt
	atf_check -s exit:1 -e not-empty touch $mnt/x
	has null
	unmounted
	# Ruleset 0 and none: everything.
	atf_check mount -t devfs devfs $mnt
	has full null
	unmounted
	atf_check -e inline:'mount: devfs: warning: ruleset 77 has no rules: every device of this host is visible\n' \
	    mount -t devfs -o ruleset=77 devfs $mnt
	has full
	unmounted
}

new_case seed_ruleset "the how-to's ruleset 1000, and service devfs restart"
seed_ruleset_body() {
	gaol_env
	devfs_mount 4
	cat >/etc/devfs.rules <<-'END'
		[devfsrules_jailnet=1000]
		add include $devfsrules_hide_all
		add include $devfsrules_unhide_basic
		add include $devfsrules_unhide_login
		add path zfs unhide
		add path mem unhide
		add path kmem unhide
		add path 'bpf*' unhide
		[nested=1001]
		add include $devfsrules_jail
		add path full unhide
	END
	atf_check devfs rule -s 1000 show
	atf_check /etc/init.d/devfs restart
	atf_check -o match:'^700 path bpf\* unhide$' devfs rule -s 1000 show
	# A mount that is there stays as it was.
	has_not full
	unmounted
	devfs_mount 1000
	has null zero random pts ptmx fd
	has_not full
	[ ! -e /dev/mem ] || has mem
	unmounted
	devfs_mount 1001
	has null full
	[ ! -e /dev/fuse ] || has fuse
	unmounted
	atf_check -o match:'^nested=1001$' devfs names
}

new_case bad_edit "a mistake leaves in force what was there, and the rest is loaded"
bad_edit_body() {
	gaol_env
	printf '[mine=10]\nadd hide\nadd path zero unhide\n' >/etc/devfs.rules
	reload ''
	printf '[mine=10]\nadd hidden\n[other=11]\nadd hide\n' >/etc/devfs.rules
	reload 'devfs reload: /etc/devfs.rules:2: unknown argument: hidden\n'
	says '100 hide\n200 path zero unhide\n' devfs rule -s 10 show
	says '100 hide\n' devfs rule -s 11 show
	# What is no longer in the file stays.
	: >/etc/devfs.rules
	reload ''
	says '100 hide\n200 path zero unhide\n' devfs rule -s 10 show
	# An edit by hand of a default ruleset goes, as the file has it.
	atf_check devfs rule -s 4 delset
	reload ''
	atf_check -o match:'^100 include 1$' devfs rule -s 4 show
}

new_case no_defaults "without the rules that come with Gaol no jail starts with devices"
no_defaults_body() {
	gaol_env
	gaol_tiny_root /home/j
	rules=$GAOL_STAGE/share/gaol/defaults/devfs.rules
	mkdir /home/defaults
	mount --bind /home/defaults "${rules%/*}"
	atf_check -s exit:1 -e inline:"jail: mount.devfs: $rules: No such file or directory\n" \
	    jail -c name=j path=/home/j mount.devfs persist
	umount "${rules%/*}"
	atf_check jail -c name=j path=/home/j mount.devfs persist
	atf_check -o ignore jail -R j
}

new_case load_once no_defaults "the files are read once, by whoever needs them first"
load_once_body() {
	gaol_env
	printf '[mine=10]\nadd hide\n' >/etc/devfs.rules
	devfs_mount 10
	names
	unmounted
	printf '[mine=10]\nadd path null hide\n' >/etc/devfs.rules
	says '100 hide\n' devfs rule -s 10 show
	reload ''
	says '100 path null hide\n' devfs rule -s 10 show
}

new_case odd_patterns "whatever is in a pattern stays in it"
odd_patterns_body() {
	gaol_env
	newline=$(printf 'a\nb hide')
	atf_check devfs rule -s 10 add path 'a b' hide
	atf_check devfs rule -s 10 add path "$newline" hide
	atf_check devfs rule -s 10 add path 'c\d' hide
	atf_check devfs rule -s 10 add path '' hide
	says '100 path a b hide\n200 path a\nb hide hide\n300 path c\\d hide\n400 path  hide\n' \
	    devfs rule -s 10 show
}

new_case swapped "a jail's own files in a devfs are left alone"
swapped_body() {
	gaol_env
	devfs_mount 4
	echo secret >/home/secret
	chmod 600 /home/secret
	rm $mnt/null $mnt/zero
	rmdir $mnt/pts
	ln -s /home/secret $mnt/null
	echo mine >$mnt/zero
	ln -s /home $mnt/pts
	mkdir $mnt/full
	rules 10 'mode 777 user 1 group 1' 'path null hide' 'path zero hide' 'path full unhide'
	atf_check devfs -m $mnt rule -s 10 applyset
	says '600 0 0\n' stat -c '%a %u %g' /home/secret
	says '/home/secret\n' readlink $mnt/null
	says 'mine\n' cat $mnt/zero
	says '644 0 0\n' stat -c '%a %u %g' $mnt/zero
	says '755 0 0\n' stat -c '%a %u %g' /home
	[ -d $mnt/full ] || atf_fail "a directory of the jail's is gone"
	says '777 1 1\n' stat -c '%a %u %g' $mnt/random
	unmounted
}

new_case at_once "many at once: no rule is lost, no reload shows half"
at_once_body() {
	gaol_env
	atf_check devfs rule -s 10 show
	for i in 1 2 3 4; do
		(for j in 1 2 3 4 5; do devfs rule -s 10 add path "p$i$j" hide || echo lost >>lost; done) &
		pids="${pids:-} $!"
	done
	for j in 1 2 3 4 5; do
		devfs reload || echo reload >>lost
		[ "$(devfs rule -s 3 show | wc -l)" -eq 40 ] || echo half >>lost
	done
	# shellcheck disable=SC2086 # words
	wait $pids
	atf_check test ! -e lost
	says '20\n' sh -c 'devfs rule -s 10 show | wc -l'
	says '20\n' sh -c "devfs rule -s 10 show | awk '{ print \$1 }' | sort -u | wc -l"
}

atf_init_test_cases() {
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 \
	    31 32 33 34 35 36 37 38 39 40; do
		atf_add_test_case case_$n
	done
	for name in words ordinary_user host_dev new_device host_modes one_mount seed_ruleset bad_edit \
	    load_once no_defaults \
	    odd_patterns swapped at_once live live_reload; do
		atf_add_test_case $name
	done
}
