#!/usr/bin/env atf-sh
# The walls: what root in a jail is refused, line by line, in each mode of user namespace.
. "$(dirname "$0")/env.subr"

# gaol.userns -> a jail named x with nodes smuggled into its root
prison() { # USERNS [PARAMETER...]
	gaol_env
	gaol_net
	gaol_tiny_root /home/x
	mkdir /home/x/smuggled
	mknod /home/x/smuggled/kmsg c 1 11
	mknod /home/x/smuggled/mem c 1 1
	mknod /home/x/smuggled/null c 1 3
	chmod 666 /home/x/smuggled/*
	# No reading of this is a matter of the host's mode of /dev/kmsg.
	sysctl -qw kernel.dmesg_restrict=0 2>/dev/null
	userns=$1
	shift
	atf_check -o ignore jail -c name=x path=/home/x gaol.userns="$userns" mount.devfs \
	    ip4.addr=192.168.1.1 persist "$@"
}

gone() {
	atf_check -o ignore jail -r x
}

# NAME ANSWER [NAME ANSWER]...: all in one process, by $inside.  An answer may be a choice,
# "EPERM|ENOSYS", where kernels differ in which refusal comes first.
inside="jexec x /bin/try"
try() {
	names=
	while [ $# -gt 0 ]; do
		names="$names $1"
		echo "$1: $2"
		shift 2
	done >want
	# shellcheck disable=SC2086
	$inside $names >got 2>&1
	awk -F': ' 'NR == FNR { want[$1] = $2; next }
	    !($1 in want) { print "unexpected: " $0; next }
	    { n = split(want[$1], w, "|"); ok = 0
	      for (i = 1; i <= n; i++) if ($2 == w[i]) ok = 1
	      if (!ok) print $1 " is " $2 ", not " want[$1]
	      delete want[$1] }
	    END { for (name in want) print name " did not answer" }' want got >wrong
	atf_check cat wrong
}

mounts_and_namespaces() {
	try mount_tmpfs EPERM mount_bind EPERM mount_proc EPERM remount EPERM \
	    remount_proc_sys EPERM umount_proc EPERM umount_dev EPERM umount_root EPERM \
	    propagation EPERM pivot_root EPERM fsopen EPERM fspick EPERM open_tree_clone EPERM \
	    mount_setattr EPERM unshare_mnt EPERM unshare_user EPERM unshare_net EPERM \
	    unshare_pid EPERM unshare_ipc EPERM unshare_uts EPERM unshare_cgroup EPERM \
	    clone_user EPERM clone_mnt EPERM clone3 ENOSYS setns EPERM chroot_escape EXDEV
}

kernel() {
	try init_module EPERM finit_module EPERM delete_module EPERM kexec_load EPERM \
	    reboot EPERM swapon EPERM acct EPERM settimeofday EPERM adjtimex EPERM \
	    dmesg EPERM dmesg_level EPERM iopl 'EPERM|ENOSYS' ioperm 'EPERM|ENOSYS' bpf EPERM \
	    perf_event_open EPERM io_uring 'EPERM|ENOSYS' keyctl EPERM add_key EPERM request_key EPERM \
	    open_by_handle_at EPERM fanotify EPERM rlimit_raise EPERM oom_score EACCES \
	    trusted_xattr EPERM immutable EPERM cap_regain EPERM
}

devices() {
	try mknod_char EPERM mknod_block EPERM smuggled_kmsg EPERM smuggled_mem EPERM \
	    smuggled_null ok
}

sockets() {
	# Outside they are there; what this kernel lacks is refused inside all the same, before the
	# kernel is asked.
	no='ok|EAFNOSUPPORT|EPROTONOSUPPORT|ESOCKTNOSUPPORT'
	inside=/home/x/bin/try
	try socket_packet ok socket_raw ok socket_raw6 ok socket_uevent ok socket_diag ok \
	    socket_generic ok socket_unix ok socket_inet ok socket_vsock "$no" socket_alg "$no" \
	    socket_mptcp "$no" socket_sctp "$no" socket_bluetooth "$no" socket_smc "$no" socket_xdp "$no"
	for inside in "jexec x /bin/try" "jexec -U user x /bin/try"; do
		try socket_packet EPROTONOSUPPORT socket_vsock EPROTONOSUPPORT \
		    socket_alg EPROTONOSUPPORT socket_raw EPERM socket_raw6 EPERM \
		    socket_ping 'EACCES|EPERM' socket_mptcp EPROTONOSUPPORT \
		    socket_sctp EPROTONOSUPPORT socket_bluetooth EPROTONOSUPPORT \
		    socket_smc EPROTONOSUPPORT socket_xdp EPROTONOSUPPORT \
		    socket_uevent EPROTONOSUPPORT socket_diag EPROTONOSUPPORT \
		    socket_generic EPROTONOSUPPORT socket_unix ok socket_inet ok socket_inet6 ok
	done
}

terminal() {
	# The calls act on a terminal: give them one.
	printf 'expect done\nend\n' |
	    ptydrive jexec x /bin/sh -c 'try tiocsti tiocsti_high tioclinux; echo done' >got
	atf_check -o inline:"tiocsti: EPERM\ntiocsti_high: EPERM\ntioclinux: EPERM\ndone\n" cat got
}

for mode in new identity inherit; do
	eval "
	atf_test_case ${mode}_mounts
	${mode}_mounts_body() { prison $mode; mounts_and_namespaces; gone; }
	atf_test_case ${mode}_kernel
	${mode}_kernel_body() { prison $mode; kernel; gone; }
	atf_test_case ${mode}_devices
	${mode}_devices_body() { prison $mode; devices; gone; }
	atf_test_case ${mode}_sockets
	${mode}_sockets_body() { prison $mode; sockets; gone; }
	atf_test_case ${mode}_terminal
	${mode}_terminal_body() { prison $mode; terminal; gone; }
	atf_test_case ${mode}_proc
	atf_test_case ${mode}_pid1
	"
done

new_proc_body() {
	prison new
	try sysctl EACCES sysctl_vm EACCES sysctl_max_user 'EROFS|EACCES' sysrq 'EACCES|ENOENT' proc_irq EACCES \
	    kcore 'ENODATA|ENOENT|EACCES' keys 'ENODATA|EACCES' kallsyms 'ENODATA|EACCES'
	gone
}

identity_proc_body() {
	prison identity
	try sysctl EROFS sysctl_vm EROFS sysctl_max_user 'EROFS|EACCES' sysrq 'EROFS|ENOENT' proc_irq EROFS \
	    kcore 'ENODATA|ENOENT|EACCES' keys 'ENODATA|EACCES' kallsyms 'ENODATA|EACCES'
	gone
}

inherit_proc_body() {
	prison inherit
	try sysctl EROFS sysctl_vm EROFS sysctl_max_user 'EROFS|EACCES' sysrq 'EROFS|ENOENT' proc_irq EROFS \
	    kcore 'ENODATA|ENOENT|EACCES' keys 'ENODATA|EACCES' kallsyms 'ENODATA|EACCES'
	gone
}

pid1() {
	try ptrace_1 EPERM prlimit_1 EPERM pidfd_getfd_1 EPERM proc_1_root EACCES \
	    proc_1_exe EACCES proc_1_mem EACCES proc_1_environ EACCES
	# It is not hurt by any signal either.
	jexec x /bin/sh -c 'for s in 1 2 9 15 19; do kill $s 1; done' 2>/dev/null
	atf_check -o inline:"still\n" jexec x /bin/echo still
}
new_pid1_body() { prison new; pid1; gone; }
identity_pid1_body() { prison identity; pid1; gone; }
inherit_pid1_body() { prison inherit; pid1; gone; }

atf_test_case names
names_head() {
	atf_set descr "The host name only with allow.set_hostname"
}
names_body() {
	prison new host.hostname=before
	try sethostname ok
	atf_check -o ignore jail -m name=x allow.noset_hostname
	try sethostname EPERM setdomainname EPERM
	atf_check -o inline:"before\n" jexec x /bin/hostname
	gone
}

atf_test_case uids
uids_head() {
	atf_set descr "Root inside is 0 on the jail's disk and nobody outside"
}
uids_body() {
	prison new
	jexec x /bin/sleep 600 &
	sleeper=$!
	wait_for 10 sh -c 'jexec x /bin/ps | grep -q sleep'
	pid=$(awk 'FNR == 1 { name = $2; pid = FILENAME; gsub(/[^0-9]/, "", pid) }
	    $1 == "Uid:" && name == "sleep" && $2 > 65536 { print pid }' /proc/[0-9]*/status)
	[ -n "$pid" ] || atf_fail "no process of a mapped user"
	[ "$(awk '$1 == "Uid:" { print $2 }' /proc/"$pid"/status)" -ge 1879048192 ] ||
	    atf_fail "uid $(grep Uid: /proc/"$pid"/status)"
	atf_check -o inline:"uid=0 gid=0 groups=\n" jexec x /bin/id
	atf_check jexec x /bin/touch /root/file
	atf_check -o inline:"0:0\n" stat -c %u:%g /home/x/root/file
	kill "$pid"
	wait $sleeper
	gone
}

atf_test_case registry
registry_head() {
	atf_set descr "A jail whose path holds /run/jail sees it empty; it cannot read the host's"
}
registry_body() {
	gaol_env
	# Whatever mounts the host has, also those that cannot be id-mapped.
	atf_check -o ignore jail -c name=x path=/ persist gaol.userns=identity
	# Its /run is a tmpfs of its own; if not, an empty directory covers ours.
	atf_check -o empty -x "jexec x ls -A /run/jail 2>/dev/null || true"
	atf_check -s not-exit:0 -e match:"Read-only|denied|No such" jexec x touch /run/jail/y
	# The root above, by the name that the host has for it.
	atf_check -s not-exit:0 -e ignore -o empty jexec x ls /proc/1/root/run/jail
	gone
}

atf_test_case cgroup
cgroup_head() {
	atf_set descr "No writable cgroup tree inside; the process is at its root"
}
cgroup_body() {
	prison new
	atf_check -o inline:"0::/\n" -x "jexec x /bin/cat /proc/self/cgroup | grep ^0::"
	atf_check -s exit:1 -e match:"No such file" jexec x /bin/cat /sys/fs/cgroup/cgroup.procs
	gone
}

atf_test_case descriptors
descriptors_head() {
	atf_set descr "No descriptor of the host's leaks in, by jail(8) or jexec(8)"
}
descriptors_body() {
	prison new
	exec 7</etc/passwd 8>/tmp/leak.$$
	atf_check -o inline:"0\n1\n2\n3\n" jexec x /bin/ls /proc/self/fd
	exec 7<&- 8>&-
	rm -f /tmp/leak.$$
	gone
}

atf_init_test_cases() {
	for mode in new identity inherit; do
		for what in mounts kernel devices sockets terminal proc pid1; do
			atf_add_test_case ${mode}_$what
		done
	done
	atf_add_test_case names
	atf_add_test_case uids
	atf_add_test_case registry
	atf_add_test_case cgroup
	atf_add_test_case descriptors
}
