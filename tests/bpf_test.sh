#!/usr/bin/env atf-sh
# The loader, the maps, whose process it is, devices.
# shellcheck disable=SC2086,SC2119 # lists of operations are words on purpose

. "$(dirname "$0")/env.subr"
. "$(dirname "$0")/bpf.subr"

#
# The loader and the maps.
#

atf_test_case load
load_head() {
	atf_set descr "Loading: idempotent, found with and without pins, repaired, taken off again"
}
load_body() {
	gaol_env
	cg=$GAOL_CGROUP_MOUNT/$GAOL_CGROUP
	loader=$GAOL_BUILD/src/bpf/gaol-load
	mkdir -p "$cg/1"
	names() {
		# Those that every kernel takes.  Behind others bpftool names their hook.
		bpftool cgroup show "$cg" | grep -o 'gaol2_[a-z0-9]*' | grep -v unix | sort |
		    tr '\n' ' '
	}
	all="gaol2_bind4 gaol2_bind6 gaol2_connect4 gaol2_connect6 gaol2_dev gaol2_ingress "
	all="${all}gaol2_listen gaol2_name4 gaol2_name6 gaol2_peer4 gaol2_peer6 gaol2_recv4 gaol2_recv6 "
	all="${all}gaol2_sendmsg4 gaol2_sendmsg6 gaol2_sock "
	atf_check -s exit:1 -o inline:"ENOENT: the eBPF programs are not loaded\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" open
	# Nothing to take off is no error.
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" unload
	# Two at once.
	ctl load "$loader" >one &
	ctl load "$loader" >two
	wait $!
	atf_check cat one two
	atf_check_equal "$all" "$(names)"
	atf_check_equal 700 "$(stat -c %a /run/jail/.bpf | tail -c 4)"
	before=$(bpftool cgroup show "$cg")
	unix=$(ctl unix)
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$loader"
	atf_check_equal "$before" "$(bpftool cgroup show "$cg")"
	ctl prison "$cg/1" jid=7 ip4=$A
	# Without the mount the programs name the maps; the loader pins the same ones again.
	umount /run/jail/.bpf
	atf_check -o match:'^jid 7 n4 1 n6 0 primary4 192.168.1.11 ' \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$loader"
	atf_check_equal "$before" "$(bpftool cgroup show "$cg")"
	atf_check_equal 10 "$(find /run/jail/.bpf -name 'gaol2_*' | wc -l)"
	# Whoever had it loaded and lives on keeps nobody waiting.
	ctl load-wait "$loader" enough &
	holder=$!
	sleep 0.3
	atf_check timeout 5 "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$loader"
	touch enough
	wait $holder
	# A hole, as a loader that was killed leaves one, with and without pins.
	for pins in yes no; do
		id=$(bpftool cgroup show "$cg" | awk '$NF == "gaol2_bind4" { print $1 }')
		bpftool cgroup detach "$cg" cgroup_inet4_bind id "$id"
		[ $pins = yes ] || umount /run/jail/.bpf
		[ $pins = yes ] || atf_check -s exit:1 \
		    -o inline:"ENOENT: the eBPF programs are not loaded\n" \
		    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" open
		atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$loader"
		atf_check_equal "$all" "$(names)"
		atf_check_equal "$unix" "$(ctl unix)"
		atf_check -o match:'^jid 7 n4 1' "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	done
	atf_check -s exit:1 -o inline:"EBUSY: 1 jails are still known to the kernel\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" unload
	ctl del "$cg/1"
	# Taken off in another mount namespace: the pins that are left here do not count.
	unshare -m "$GAOL_TOOLS/bpfctl" /run/jail "$cg" unload || :
	atf_check -s exit:1 -o inline:"ENOENT: the eBPF programs are not loaded\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" open
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$loader"
	atf_check_equal "$all" "$(names)"
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" unload
	atf_check_equal "" "$(bpftool cgroup show "$cg")"
	atf_check test ! -e /run/jail/.bpf
	rmdir "$cg/1"
}

atf_test_case loader_errors
loader_errors_head() {
	atf_set descr "What keeps the loader from its work is said in one line"
}
loader_errors_body() {
	gaol_env
	cg=$GAOL_CGROUP_MOUNT/$GAOL_CGROUP
	mkdir -p "$cg"
	atf_check -s exit:1 -o inline:"ENOENT: /nowhere/gaol-load: No such file or directory\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load /nowhere/gaol-load
	atf_check -s exit:1 -o inline:"EIO: /bin/true ended without a word\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load /bin/true
	atf_check -s exit:1 -e inline:"gaol-load: started by jail(8), not by hand\n" \
	    "$GAOL_BUILD/src/bpf/gaol-load"
	atf_check -s exit:1 -o inline:"EPERM: bpffs: fsopen: Operation not permitted\n" \
	    setpriv --bounding-set -sys_admin --inh-caps -sys_admin \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$GAOL_BUILD/src/bpf/gaol-load"
	rmdir /run/jail/.bpf
	: >/run/jail/.bpf
	atf_check -s exit:1 -o inline:"ENOTDIR: .bpf: Not a directory\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" load "$GAOL_BUILD/src/bpf/gaol-load"
}

atf_test_case maps
maps_head() {
	atf_set descr "Prisons, lists and sets: put, replaced, counted, deleted; limits refused"
}
maps_body() {
	base
	entries() { # MAP
		bpftool map dump pinned "/run/jail/.bpf/v2-$(stat -c %i "$cg")/gaol2_$1" -j |
		    tr '{' '\n' | grep -c '"key":\['
	}
	atf_check -o inline:"0\n" "$GAOL_TOOLS/bpfctl" /run/jail "$cg" count
	ctl host "$cg/.k"
	ctl prison "$cg/1" jid=1 ip4=$A,$A2 ip6=$A6,$A62 devset=3
	atf_check -o inline:"1\n" "$GAOL_TOOLS/bpfctl" /run/jail "$cg" count
	atf_check -o inline:"jid 1 n4 2 n6 2 primary4 $A primary6 $A6 devset 3 flags 0\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	atf_check_equal "1 1" "$(entries addrs4) $(entries addrs6)"
	# From several to one: the lists go.
	ctl addrs "$cg/1" ip4=$A2
	atf_check -o inline:"jid 1 n4 1 n6 0 primary4 $A2 primary6 :: devset 3 flags 0\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	atf_check_equal "0 0" "$(entries addrs4) $(entries addrs6)"
	many=$(seq 1 255 | sed 's/^/10.0.0./' | paste -sd,)
	ctl addrs "$cg/1" "ip4=$many"
	atf_check -o match:'^jid 1 n4 255 ' "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	rules=$(seq 1 256 | sed 's/.*/2,6,&,0,0/')
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" devset 9 $rules
	atf_check -s exit:1 \
	    -o inline:"E2BIG: the devfs ruleset shows 257 ranges of devices, at most 256 can be enforced\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" devset 9 $rules 2,6,500,0,0
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" devset-del 9
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" devset-del 9
	atf_check_equal 0 "$(entries devsets)"
	ctl del "$cg/1"
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" del "$cg/1"
	atf_check_equal "0 1" "$(entries addrs4) $(entries prisons)"
	atf_check -s exit:1 -o match:'^ENOENT: ' "$GAOL_TOOLS/bpfctl" /run/jail "$cg" get "$cg/1"
	atf_check -s exit:1 -o match:'^ENOENT: ' \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" addrs "$cg/1" ip4=$A
}

atf_test_case full
full_head() {
	atf_set descr "The kernel's table is full: the next jail is refused, those that are there stay"
	atf_set timeout 120
}
full_body() {
	base
	ctl prison "$cg/1" jid=1 ip4=$A
	map=/run/jail/.bpf/v2-$(stat -c %i "$cg")/gaol2_prisons
	# Filled behind the library's back, with values of zeros.
	zeros=$(yes 0 | head -64 | paste -sd' ')
	seq 1 32767 | awk -v map="$map" -v zeros="$zeros" '{
		printf "map update pinned %s key %d %d 0 0 0 0 9 9 value %s\n", map, $1 % 256,
		    int($1 / 256), zeros }' >filling
	bpftool batch file filling >/dev/null || atf_fail "cannot fill the map"
	atf_check -s exit:1 -o inline:"E2BIG: no room for more jails in the kernel's table\n" \
	    "$GAOL_TOOLS/bpfctl" /run/jail "$cg" prison "$cg/2" jid=2
	atf_check "$GAOL_TOOLS/bpfctl" /run/jail "$cg" prison "$cg/1" jid=1 ip4=$A2
	jail 2 tcp4 | says "socket: EPERM"
	jail 1 tcp4 bind=127.0.0.1,0 name | says "socket: ok" "bind: EADDRNOTAVAIL" "name: 0.0.0.0"
}

#
# Whose process: the innermost prison.
#

atf_test_case innermost
innermost_head() {
	atf_set descr "The innermost prison decides; unknown cgroups are refused; keepers are the host's"
}
innermost_body() {
	setup ip4=$A
	mkdir -p "$cg/1/5" "$cg/1/5/deep/er" "$cg/9" "$cg/.k/in"
	ctl host "$cg/.k"
	gaol_snapshot
	# A directory that is no jail's of its own belongs to the jail around it.
	jail 1/5 tcp4 bind=0.0.0.0,8079 name | says "socket: ok" "bind: ok" "name: $A 8079"
	ctl prison "$cg/1/5" jid=5 ip4=$A2
	for dir in 1/5 1/5/deep/er; do
		jail $dir tcp4 bind=0.0.0.0,8080 name |
		    says "socket: ok" "bind: ok" "name: $A2 8080"
		jail $dir tcp4 bind=$A,8080 | says "socket: ok" "bind: EADDRNOTAVAIL"
	done
	# Packets find it too: a socket that nothing bound.
	for dir in 1/5 1/5/deep/er; do
		rm -f up
		jail $dir udp4 send=$PEER,9 ready=up recv recv name >out &
		await up
		sleep 0.1
		ss -Huan | awk '{ sub(/.*:/, "", $4); print $4 }' | tail -1 >port
		host udp4 send=$A,"$(cat port)" send=$HOST,"$(cat port)" bind=$HOST,0 \
		    send=$A2,"$(cat port)" send=$A2,"$(cat port)" >/dev/null
		wait $!
		says "socket: ok" "send: ok" "recv: $A2" "recv: $A2" "name: 0.0.0.0" <out
	done
	jail 9 tcp4 udp6 | says "socket: EPERM" "socket: EPERM"
	jail 9 open=/dev/null,r | says "open: EPERM"
	for dir in .k .k/in .; do
		jail $dir tcp4 bind=0.0.0.0,8080 name open=/dev/null,rw |
		    says "socket: ok" "bind: ok" "name: 0.0.0.0 8080" "open: ok"
	done
	# A prison that is gone: refused at once.
	ctl del "$cg/1/5"
	ctl del "$cg/1"
	jail 1/5 tcp4 | says "socket: EPERM"
	rmdir "$cg/1/5/deep/er" "$cg/1/5/deep" "$cg/1/5" "$cg/9" "$cg/.k/in"
	gaol_snapshot
}

#
# Devices.
#

atf_test_case devices
devices_head() {
	atf_set descr "Device nodes: what the set lists, by type, number and access, at once"
}
devices_body() {
	base
	mknod null c 1 3
	mknod zero c 1 5
	mknod full c 1 7
	# A number that no driver has: open then says that, if it may.
	mknod loop b 240 250
	chmod 666 null zero full loop
	# On a mount without nodev, as a jail's root would be.
	mkdir fs
	mount -t tmpfs -o mode=0755,dev fs fs
	mv null zero full loop fs
	host open=fs/null,rw open=fs/zero,r open=fs/full,r | says "open: ok" "open: ok" "open: ok"
	ctl prison "$cg/1" jid=1 devset=4
	jail 1 open=fs/null,rw open=fs/zero,r | says "open: EPERM" "open: EPERM"
	ctl devset 4 2,6,1,3,3 2,2,1,5,5
	jail 1 open=fs/null,rw open=fs/zero,r open=fs/zero,w open=fs/full,r open=fs/loop,r |
	    says "open: ok" "open: ok" "open: EPERM" "open: EPERM" "open: EPERM"
	# All minors, for one type only; what two rules grant is added up.
	ctl devset 4 2,2,1,0,4294967295 2,4,1,7,7
	jail 1 open=fs/null,r open=fs/null,w open=fs/full,rw open=fs/loop,r |
	    says "open: ok" "open: EPERM" "open: ok" "open: EPERM"
	ctl devset 5 1,7,240,0,255
	ctl prison "$cg/1" jid=1 devset=5
	jail 1 open=fs/null,r open=fs/loop,r | says "open: EPERM" "open: ENXIO"
	ctl devset-del 5
	jail 1 open=fs/loop,r | says "open: EPERM"
	# Nodes: none, but overlayfs's mark of a deleted file.
	host mknod=fs/n1,c,1,3 mknod=fs/n2,c,0,0 | says "mknod: ok" "mknod: ok"
	jail 1 mknod=fs/j1,c,1,3 mknod=fs/j2,b,7,0 mknod=fs/j3,c,0,0 open=fs/j3,r mknod=fs/j4,b,0,0 |
	    says "mknod: EPERM" "mknod: EPERM" "mknod: ok" "open: ENXIO" "mknod: EPERM"
	ctl devset 5 2,1,1,3,3
	jail 1 mknod=fs/j1,c,1,3 mknod=fs/j5,c,1,5 open=fs/j1,r |
	    says "mknod: ok" "mknod: EPERM" "open: EPERM"
	umount fs
}

atf_init_test_cases() {
	for case in load loader_errors maps full innermost devices; do
		atf_add_test_case $case
	done
}
