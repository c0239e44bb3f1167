#!/usr/bin/env atf-sh
# kill -9 at every step: of jail(8) before each of its system calls that change something, of
# the process that builds the jail, and of the keeper between the steps.  Afterwards the same
# command works, and after `jail -r` nothing is left.
. "$(dirname "$0")/env.subr"

# What changes something outside the process, or waits for somebody.
changing="mkdirat mkdir linkat link symlinkat symlink renameat renameat2 rename unlinkat unlink rmdir
    ftruncate pwrite64 write clone3 clone vfork mount umount2 move_mount open_tree mount_setattr fsmount
    setns unshare bpf sendto sendmsg kill pidfd_send_signal flock bind fchown fchownat fchmod fchmodat
    waitid wait4 poll ppoll"

setup() {
	gaol_env
	gaol_net
	gaol_tiny_root /home/k
	mkdir /home/k/ports
	touch /usr/ports/mounted
	cat >/etc/jail.conf <<-'END'
		k {
			path = /home/k;
			host.hostname = k;
			interface = vtnet0;
			ip4.addr = 192.168.1.50/24, 192.168.1.51/24;
			mount = "/usr/ports /home/k/ports nullfs ro 0 0";
			mount.devfs;
			exec.prestart = "/bin/true";
			exec.start = "/bin/true";
			exec.poststart = "/bin/true";
			exec.prestop = "/bin/true";
			exec.stop = "/bin/true";
			exec.poststop = "/bin/true";
			persist;
		}
	END
	# The instance with its programs is there once and for all.
	atf_check -o inline:"k: created\n" jail -c k
	atf_check -o inline:"k: removed\n" jail -r k
	gaol_snapshot
}

# Prints "SYSCALL N" for each call of `changing` that the command makes, in its order.
points() { # COMMAND...
	for name in $changing; do
		printf '%s,' "?$name"
	done >list
	strace -qq -o trace -e trace="$(sed 's/,$//' list)" -- "$@" >/dev/null 2>&1 ||
	    atf_fail "strace $*: $(tail -n 3 trace)"
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' trace | awk '{ print $1, ++n[$1] }'
}

# Runs the command, killed before the Nth call of the system call.
killed_at() { # SYSCALL N COMMAND...
	call=$1
	nth=$2
	shift 2
	{
		strace -qq -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$nth" -- \
		    "$@" >out 2>&1
	} 2>/dev/null
}

# The jail is whole.
whole() { # WHERE
	[ "$(jls name)" = k ] || wrong "$1" "jls says: $(jls name 2>&1)"
	[ "$(jexec k /bin/cat /proc/self/cgroup 2>&1 | sed -n 's/^0:://p')" = / ] ||
	    wrong "$1" "jexec fails: $(jexec k /bin/true 2>&1)"
	[ "$(jexec k /bin/hostname 2>&1)" = k ] || wrong "$1" "the host name is lost"
	[ "$(jexec k /bin/ls /ports 2>&1)" = mounted ] || wrong "$1" "no mounts"
	[ "$(ip addr show dev vtnet0 | grep -c 'inet 192.168.1.5[01]/24')" -eq 2 ] ||
	    wrong "$1" "addresses: $(ip -o -4 addr show dev vtnet0)"
}

# Goes on, so that one run shows all; finish() fails the test.
wrong() { # WHERE TEXT
	echo "$1: $2" | tr '\n' ' ' >>wrong
	echo >>wrong
}

nothing_left() { # WHERE
	left=$("$GAOL_TESTS/tools/leftovers")
	if [ -n "$left" ]; then
		wrong "$1" "left behind: $left"
		gaol_snapshot
	fi
}

finish() {
	[ ! -s wrong ] || {
		cat wrong
		atf_fail "$(wc -l <wrong) places: $(head -n 1 wrong)"
	}
}

# Create again after a death in the middle, look, remove, look.
recover() { # WHERE
	# "already exists" is said only of a jail that is whole.
	jail -c k >out 2>&1 || grep -qx 'jail: "k" already exists' out ||
	    wrong "$1" "again: $(cat out)"
	whole "$1"
	jail -r k >out 2>&1 || wrong "$1" "jail -r: $(cat out)"
	nothing_left "$1"
}

# Remove again.
rid() { # WHERE
	jail -r k >out 2>&1 || grep -qx 'jail: "k" not found' out || wrong "$1" "again: $(cat out)"
	nothing_left "$1"
}

create() { # PART OF PARTS
	setup
	points jail -c k >all
	atf_check -o ignore jail -r k
	nothing_left "under strace"
	awk -v part="$1" -v of="$2" 'NR % of == part' all >mine
	[ -s mine ] || atf_fail "no system call to die at"
	while read -r call nth; do
		killed_at "$call" "$nth" jail -c k
		recover "killed before $call $nth"
	done <mine
	finish
}

remove() { # PART OF PARTS
	setup
	atf_check -o ignore jail -c k
	points jail -r k >all
	awk -v part="$1" -v of="$2" 'NR % of == part' all >mine
	[ -s mine ] || atf_fail "no system call to die at"
	while read -r call nth; do
		jail -c k >out 2>&1 || atf_fail "before $call $nth: $(cat out)"
		killed_at "$call" "$nth" jail -r k
		rid "killed before $call $nth"
	done <mine
	finish
}

# Stops the command at a step, where .pause says (src/prison/pause.h); $command is its pid.
stopped_at() { # "VERB STEP WHEN" COMMAND...
	echo "$1" >/run/jail/.pause
	shift
	"$@" >out.stopped 2>&1 &
	command=$!
	gaol_until=$(($(date +%s) + 20))
	while [ -e "/proc/$command/stat" ]; do
		case $(sed 's/.*) //' "/proc/$command/stat" 2>/dev/null) in
		T*) return 0 ;;
		Z*) break ;;
		esac
		[ "$(date +%s)" -lt $gaol_until ] || break
		sleep 0.01
	done
	rm -f /run/jail/.pause
	return 1
}

steps() { # VERB WHO
	setup
	jail --steps >list || atf_fail "jail --steps"
	[ "$(wc -l <list)" -gt 8 ] || atf_fail "jail --steps: $(cat list)"
	stops=0
	while read -r step; do
		for when in before after; do
			where="$1, $when $step, $2 killed"
			if [ "$1" = remove ]; then
				jail -c k >out 2>&1 || wrong "$where" "jail -c: $(cat out)"
				stopped_at "$1 $step $when" jail -r k
			else
				stopped_at "$1 $step $when" jail -c k
			fi
			# Not each step acts in both directions.
			if [ $? -eq 0 ]; then
				stops=$((stops + 1))
				case $2 in
				command) kill -9 "$command" ;;
				keeper)
					for pid in $(keepers); do kill_now "$pid"; done
					kill -CONT "$command"
					;;
				both)
					for pid in $(keepers); do kill_now "$pid"; done
					kill -9 "$command"
					;;
				esac
			fi
			{ wait "$command"; } 2>/dev/null
			if [ "$1" = remove ]; then
				rid "$where"
			else
				recover "$where"
			fi
		done
	done <list
	[ $stops -ge 8 ] || wrong "$1" "it stopped at $stops places only"
	finish
}

failing() { # VERB
	setup
	jail --steps >list || atf_fail "jail --steps"
	stops=0
	while read -r step; do
		where="$1, $step fails"
		[ "$1" = create ] || jail -c k >out 2>&1 || wrong "$where" "jail -c: $(cat out)"
		echo "$1 $step fail" >/run/jail/.pause
		if [ "$1" = create ]; then
			jail -c k >out 2>&1
			status=$?
		else
			jail -r k >out 2>&1
			status=$?
		fi
		if [ -e /run/jail/.pause ]; then
			rm /run/jail/.pause
		else
			stops=$((stops + 1))
			grep -q "$step: made to fail" out || wrong "$where" "it says: $(cat out)"
			[ "$1" = remove ] || [ $status -eq 1 ] || wrong "$where" "status $status"
		fi
		if [ "$1" = create ]; then
			# The command itself has unwound: nothing is there before another one.
			[ $status -eq 0 ] || nothing_left "$where"
			recover "$where"
		else
			rid "$where"
		fi
	done <list
	[ $stops -ge 5 ] || wrong "$1" "it failed at $stops places only"
	finish
}

for part in 0 1 2 3; do
	eval "
	atf_test_case create_$part
	create_${part}_head() { atf_set descr 'jail -c killed at every change, part $part'; atf_set timeout 900; }
	create_${part}_body() { create $part 4; }
	atf_test_case remove_$part
	remove_${part}_head() { atf_set descr 'jail -r killed at every change, part $part'; atf_set timeout 900; }
	remove_${part}_body() { remove $part 4; }
	"
done

for verb in create remove; do
	for who in command keeper both; do
		eval "
		atf_test_case ${verb}_${who}
		${verb}_${who}_head() { atf_set descr 'jail $verb: $who killed before and after each step'; atf_set timeout 900; }
		${verb}_${who}_body() { steps $verb $who; }
		"
	done
	eval "
	atf_test_case ${verb}_fails
	${verb}_fails_head() { atf_set descr 'jail $verb: each step fails'; atf_set timeout 900; }
	${verb}_fails_body() { failing $verb; }
	"
done

atf_test_case builder
builder_head() {
	atf_set descr "The process that builds the jail and becomes its keeper dies in the middle"
	atf_set timeout 900
}
builder_body() {
	setup
	for call in move_mount chroot mount_setattr fsmount execveat setns unshare sethostname; do
		nth=1
		while [ $nth -le 12 ]; do
			# -D: our child is jail(8); the tracer stays with the keeper.
			strace -D -f -qq -o trace -e trace="$call" \
			    -e inject="$call:signal=KILL:when=$nth" -- jail -c k >out 2>&1
			status=$?
			for pid in $(pgrep -x strace); do
				kill -9 "$pid"
			done
			# One that dies of its signal has let the keeper go.
			wait_for 60 sh -c '! pgrep -x strace'
			# Past the last call of that name the jail is there.
			if [ $status -eq 0 ]; then
				whole "$call $nth"
				jail -r k >out 2>&1 || atf_fail "$call $nth: $(cat out)"
				nothing_left "$call $nth"
				break
			fi
			recover "the builder killed before $call $nth"
			nth=$((nth + 1))
		done
	done
	finish
}

# kill -9 of a keeper, which has let go of its lock when this returns.
kill_now() { # PID
	kill -9 "$1"
	# Its lock goes with its last work, after its descriptors: then it is a zombie, or gone.
	tries=0
	while [ $tries -lt 500 ]; do
		case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
		"" | Z* | X*) return ;;
		esac
		tries=$((tries + 1))
		sleep 0.002
	done
}

keepers() {
	cat "$GAOL_CGROUP_MOUNT/$GAOL_CGROUP/.k/cgroup.procs"
}

atf_test_case keeper
keeper_head() {
	atf_set descr "The keeper is killed: idle, and by a hook of each kind"
	atf_set timeout 600
}
keeper_body() {
	setup
	# Idle: the next command puts it right.
	for next in "jls" "jail -c k" "jexec k /bin/true" "jail -r k" "jail -m name=k"; do
		atf_check -o ignore jail -c k
		pid=$(keepers)
		[ -n "$pid" ] || atf_fail "no keeper"
		kill_now "$pid"
		$next >out 2>&1
		case $next in
		jls) atf_check -o inline:"   JID  IP Address      Hostname                      Path\n" cat out ;;
		"jail -c k") whole "$next" ;;
		"jexec"*) atf_check -o inline:"jexec: jail \"k\" not found\n" cat out ;;
		esac
		jail -r k >out 2>&1
		nothing_left "keeper killed, then $next"
	done
	# With a process inside, that goes with it.
	atf_check -o ignore jail -c k
	jexec k /bin/sleep 600 &
	pid=$!
	wait_for 10 sh -c 'jexec k /bin/ps | grep -q sleep'
	kill_now "$(keepers)"
	wait $pid
	atf_check -o ignore jail -c k
	whole "after a keeper with a process"
	atf_check -o ignore jail -r k
	nothing_left "keeper killed with a process inside"
	# By a hook.
	cat >/run/killer <<-END
		#!/bin/sh
		for pid in \$(cat "$GAOL_CGROUP_MOUNT/$GAOL_CGROUP/.k/cgroup.procs"); do kill -9 \$pid; done
		exit 0
	END
	chmod +x /run/killer
	cp /etc/jail.conf jail.conf
	for hook in prestart created poststart prestop poststop; do
		sed "s,persist;,persist; exec.$hook += /run/killer;," jail.conf >/etc/jail.conf
		timeout 60 jail -c k >out 2>&1
		timeout 60 jail -r k >>out 2>&1
		cp jail.conf /etc/jail.conf
		jail -c k >out 2>&1 || atf_fail "after exec.$hook: $(cat out)"
		recover "keeper killed by exec.$hook"
	done
	finish
}

atf_test_case alias_there
alias_there_head() {
	atf_set descr "An address that was there before survives a death at any point"
	atf_set timeout 900
}
alias_there_body() {
	setup
	ip addr add 192.168.1.51/24 dev vtnet0
	gaol_snapshot
	points jail -c k | grep -E '^(sendto|sendmsg|renameat|renameat2|rename|write|pwrite64) ' >mine
	atf_check -o ignore jail -r k
	while read -r call nth; do
		killed_at "$call" "$nth" jail -c k
		jls >/dev/null
		jail -r k >/dev/null 2>&1
		nothing_left "killed before $call $nth"
	done <mine
	finish
}

atf_init_test_cases() {
	for part in 0 1 2 3; do
		atf_add_test_case create_$part
		atf_add_test_case remove_$part
	done
	for verb in create remove; do
		for who in command keeper both fails; do
			atf_add_test_case ${verb}_$who
		done
	done
	atf_add_test_case builder
	atf_add_test_case keeper
	atf_add_test_case alias_there
}
