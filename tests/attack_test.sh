#!/usr/bin/env atf-sh
# Attacks by root in a jail on what is outside of it: one case a way out that was once open.
. "$(dirname "$0")/env.subr"

jail_of() { # USERNS [PARAMETER...]
	gaol_env
	gaol_tiny_root /home/x
	userns=$1
	shift
	atf_check -o ignore jail -c name=x path=/home/x gaol.userns="$userns" mount.devfs persist "$@"
}

# A file of the jail that is, or names as its interpreter, the image of the process that
# executes it.  Were that our command, the jail's libraries would run in it and could open the
# host's file.  Everything that the command needs is there, so that it would run.
own_image() { # USERNS
	jail_of "$1"
	ldd "$GAOL_STAGE/bin/jexec" | sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p' | while read -r lib; do
		mkdir -p "/home/x$(dirname "$lib")"
		cp -L "$lib" "/home/x$lib"
	done
	ln -s /proc/self/exe /home/x/bin/link
	printf '#!/proc/self/exe\n' >/home/x/bin/script
	chmod 755 /home/x/bin/script
	for file in /bin/link /bin/script; do
		atf_check -s exit:1 -o empty -e empty jexec x $file
		printf 'y { path = /home/x; gaol.userns = %s; mount.devfs; persist; exec.start = %s; }\n' \
		    "$1" "$file" >y.conf
		atf_check -s exit:1 -o ignore -e not-match:'usage|illegal' jail -f y.conf -c y >/dev/null
	done
	# What is in between says what the command would have said, and leaves nothing.
	atf_check -s exit:1 -e match:'nosuch: No such file' jexec x nosuch
	atf_check -s exit:1 -e match:'/etc/passwd: Permission denied' jexec x /etc/passwd
	atf_check -s exit:7 jexec x sh -c 'exit 7'
	atf_check -o inline:"a b\n" jexec x echo a b
	exec 7</etc/passwd
	atf_check -o inline:"0\n1\n2\n3\n" jexec x /bin/ls /proc/self/fd
	exec 7<&-
	atf_check -o ignore jail -r x
}

# A signal to the sender's own group stays inside.
own_group() { # USERNS
	jail_of "$1"
	printf 'y { path = /home/x; gaol.userns = %s; mount.devfs; persist; exec.start = "kill -URG 0"; }\n' \
	    "$1" >y.conf
	cat >script <<-'END'
		trap 'echo reached' URG
		jexec x /bin/sh -c 'kill -URG 0'
		jail -f y.conf -c y >/dev/null
		jail -c name=z path=/home/x gaol.userns="$1" mount.devfs command=/bin/sh -c 'kill -URG 0'
		echo end
	END
	atf_check -o inline:"end\n" setsid -w sh script "$1" </dev/null
	# So that nothing above is for want of a trap.
	atf_check -o inline:"reached\n" setsid -w sh -c 'trap "echo reached" URG; kill -URG 0'
	atf_check -o ignore jail -r x y
}

for mode in new identity inherit; do
	eval "
	atf_test_case ${mode}_group
	${mode}_group_body() { own_group $mode; }
	"
done
for mode in identity inherit; do
	eval "
	atf_test_case ${mode}_image
	${mode}_image_body() { own_image $mode; }
	"
done

atf_test_case fifo
fifo_head() {
	atf_set descr "A pipe is given to the jail's user, a fifo on the host's disk is not"
}
fifo_body() {
	jail_of new
	mkfifo -m 600 fifo
	exec 7<>fifo
	atf_check jexec x /bin/true <&7
	exec 7<&-
	atf_check -o inline:"0:0\n" stat -c %u:%g fifo
	# A pipe is: it can be opened anew inside.
	atf_check -o inline:"anew\n" -x "jexec x /bin/sh -c 'echo anew >/dev/stdout' | cat"
	# Not to an id of somebody else, whatever the jail's users are.
	first=$(sed -n 's/^+ids //p' /run/jail/1)
	echo "evil:x:$((4294967296 - first)):0::/:/bin/sh" >>/home/x/etc/passwd
	atf_check -s exit:1 -e match:"Invalid argument" -o inline:"$first:$first\n" \
	    -x "{ jexec x /bin/true; jexec -U evil x /bin/true; stat -Lc %u:%g /dev/stdout >&8; exit 1; } 8>&1 | cat; exit 1"
	atf_check -o ignore jail -r x
}

atf_test_case dev_full
dev_full_head() {
	atf_set descr "The host's memory cannot be filled through the jail's /dev"
}
dev_full_body() {
	jail_of new
	cat >/home/x/fill <<-'END'
		block=$(printf %065536d 0)
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo $block || exit 3; done >/dev/file
	END
	atf_check -s exit:3 -e match:'No space|I/O error' jexec x /bin/sh /fill
	atf_check -o ignore jail -r x
}

atf_init_test_cases() {
	for mode in new identity inherit; do
		atf_add_test_case ${mode}_group
	done
	for mode in identity inherit; do
		atf_add_test_case ${mode}_image
	done
	atf_add_test_case fifo
	atf_add_test_case dev_full
}
