#!/usr/bin/env atf-sh
# jls(8).  Layouts are in tests/unit/jls_test.c, byte for byte; here are real jails.  The
# cases with numbers carry those of the list of FreeBSD's tricky cases, section 9.5.
. "$(dirname "$0")/env.subr"

header="   JID  IP Address      Hostname                      Path"

setup() {
	gaol_env
	j=/home/j
	gaol_tiny_root $j
}

three() {
	atf_check jail -c name=a path=$j host.hostname=a.example.org persist \
	    ip4.addr=127.0.2.9,127.0.2.1,127.0.2.3 ip6.addr=::1
	atf_check jail -c name=b path=$j host.hostname=b persist ip4=inherit
	atf_check -e ignore jail -c name=5x path=$j host=inherit persist allow.mount enforce_statfs=1
}

done_with() {
	atf_check -o ignore jail -R "$@"
}

atf_test_case none
none_head() {
	atf_set descr "Without any jail there are headers, empty lists, and success"
}
none_body() {
	setup
	atf_check -o inline:"$header\n" jls
	atf_check -o inline:" JID             IP Address      Hostname                      Path\n" jls -N
	atf_check -o inline:"   JID  Hostname                      Path
        Name                          State
        CPUSetID
        IP Address(es)\n" jls -v
	atf_check jls name
	atf_check jls -s
	atf_check -o inline:"jid name\n" jls -h jid name
	atf_check -o inline:'{"__version": "2", "jail-information": {"jail": []}}\n' jls --libxo=json
	# A machine on which there never was a jail has no state directory at all.
	umount /run/jail
	rmdir /run/jail
	atf_check -o inline:"$header\n" jls
	atf_check -s exit:1 -e inline:"jls: jail \"x\" not found\n" jls -j x name
	mkdir /run/jail
	mount -t tmpfs -o mode=0755 jail /run/jail
	echo "$GAOL_CGROUP" >/run/jail/.cgroup
}

atf_test_case layouts
layouts_head() {
	atf_set descr "Three jails by default, with -N, -v, -j and as JSON"
}
layouts_body() {
	setup
	three
	atf_check -o inline:"$header
     1  127.0.2.9       a.example.org                 $j
     2                  b                             $j
     3                  $(printf '%-29.29s' "$(hostname)") $j\n" jls
	atf_check -o inline:" JID             IP Address      Hostname                      Path
 a               127.0.2.9       a.example.org                 $j\n" jls -N -j a
	atf_check -o inline:"   JID  Hostname                      Path
        Name                          State
        CPUSetID
        IP Address(es)
     1  a.example.org                 $j
        a                             ACTIVE
        1
        127.0.2.9
        127.0.2.1
        127.0.2.3
        ::1\n" jls -v -j 1
	atf_check -o inline:'{"__version": "2", "jail-information": {"jail": [{"jid":1,"ipv4":"127.0.2.9","hostname":"a.example.org","path":"/home/j"},{"jid":2,"ipv4":"","hostname":"b","path":"/home/j"}]}}\n' \
	    sh -c 'jail -R 3; jls --libxo=json'
	atf_check -o inline:'{"__version": "2", "jail-information": {"jail": [{"jid":"2","name":"b"}]}}\n' \
	    jls --libxo:J -j b jid name
	done_with a b
}

atf_test_case parameters
parameters_head() {
	atf_set descr "Parameters by name are numbers, in the list of all they are words"
}
parameters_body() {
	setup
	three
	atf_check -o inline:"1 a 0\n2 b 2\n3 5x 0\n" jls jid name ip4
	atf_check -o inline:"persist=1 vnet=2 allow.mount=0\n" jls -n -j a persist vnet allow.mount
	atf_check -o inline:"false\n" jls -j a nopersist
	atf_check -o inline:"persist allow.nochflags\n" jls -n -j a nopersist allow.nochflags
	atf_check -o match:" allow.mount .* enforce_statfs|enforce_statfs=1 .* allow.mount " \
	    jls -n -j 5x
	atf_check -o match:" persist .* vnet=inherit .* allow.nomount " jls -n -j a
	# A name in front keeps its place and its number, and is not there again.
	jls -h -j 5x name persist all jid >all
	atf_check -o inline:"name persist\n5x 1\n" cut -d ' ' -f 1,2 all
	atf_check -o inline:"1\n" sh -c 'head -n 1 all | tr " " "\n" | grep -cx persist'
	atf_check -o match:"^jid$" sh -c 'head -n 1 all | tr " " "\n"'
	done_with a b 5x
}

atf_test_case case_113
case_113_head() {
	atf_set descr "meta prints without quotes, unset as an empty string; keys one by one"
}
case_113_body() {
	setup
	atf_check jail -c name=m path=$j persist meta="a b c"
	atf_check jail -c name=n path=$j persist
	atf_check -o inline:"a b c\n" jls -j m meta
	atf_check -o inline:"\"a b c\"\n" jls -q -j m meta
	atf_check -o inline:"\"\"\n" jls -j n meta
	atf_check -o inline:"meta.missing\n" jls -s -j n meta.missing
	atf_check -o inline:"\n" jls -j n meta.missing
	atf_check -o inline:'{"__version": "2", "jail-information": {"jail": [{"name":"n"}]}}\n' \
	    jls --libxo=json -j n name meta.missing
	done_with m n
}

atf_test_case case_114_115
case_114_115_head() {
	atf_set descr "meta and its keys are applied in order, and have a limit"
}
case_114_115_body() {
	setup
	atf_check jail -c name=m path=$j persist meta=old
	atf_check jail -m name=m meta.a=1 meta=ttt meta.b=2
	atf_check -o inline:"b=2\nttt\n" jls -j m meta
	atf_check jail -m name=m meta.a=x=y meta.b
	atf_check -o inline:"a=x=y\nttt\n" jls -j m meta
	atf_check -o inline:"x=y\n" jls -j m meta.a
	atf_check -s exit:1 -e match:"too large" \
	    jail -m name=m meta="$(head -c 4096 /dev/zero | tr '\0' x)"
	atf_check -s exit:1 -e match:"too large" \
	    jail -m name=m meta.k="$(head -c 4090 /dev/zero | tr '\0' x)"
	atf_check -o inline:"a=x=y\nttt\n" jls -j m meta
	atf_check jail -m name=m meta="$(head -c 4095 /dev/zero | tr '\0' x)"
	done_with m
}

atf_test_case case_119
case_119_head() {
	atf_set descr "-s leaves out addresses and what is read only, and a jail comes back from it"
}
case_119_body() {
	setup
	three
	jls -s -j a >first
	atf_check -s exit:1 grep -qE "ip[46]\.|parent=|dying|children.cur|cpuset" first
	atf_check -o match:" persist " cat first
	done_with a
	eval "atf_check jail -c $(cat first)"
	atf_check -o file:first jls -s -j a
	# host=inherit: what is the parent's is not said.
	atf_check -s exit:1 sh -c 'jls -s -j 5x | grep -F host.'
	done_with a b 5x
}

atf_test_case case_120
case_120_head() {
	atf_set descr "A jail without IPv4 in every form"
}
case_120_body() {
	setup
	atf_check jail -c name=n path=$j persist host.hostname=h
	atf_check -o inline:"$header\n     1                  h                             $j\n" jls
	atf_check -o inline:"-\n" jls ip4.addr
	atf_check -o inline:"ip4.addr=\n" jls -n ip4.addr
	atf_check -o inline:"\"\"\n" jls -q ip4.addr
	done_with n
}

atf_test_case case_121
case_121_head() {
	atf_set descr "-j takes a whole number for a jid, all else for a name"
}
case_121_body() {
	setup
	three
	atf_check -o inline:"5x\n" jls -j5x name
	atf_check -s exit:1 -o empty -e inline:"jls: jail 5 not found\n" jls -j 5 name
	atf_check -s exit:1 -e inline:"jls: jail \"0\" not found\n" jls -j 0 name
	atf_check -s exit:1 -e inline:"jls: jail \"\" not found\n" jls -j "" name
	atf_check -s exit:1 -e inline:"jls: jail 99999999999999999999 not found\n" \
	    jls -j 99999999999999999999 name
	atf_check -s exit:1 -o inline:"$header\n" -e inline:"jls: jail \"x\" not found\n" jls -j x
	done_with a b 5x
}

atf_test_case exists
exists_head() {
	atf_set descr "-c only tells whether a jail is there"
}
exists_body() {
	setup
	three
	atf_check jls -c -j a
	atf_check jls -cd -j 1
	atf_check -s exit:1 jls -c -j x
	atf_check -s exit:1 jls -c -j 4
	for wrong in "-c" "-c -j a name" "-cq -j a" "-c -v -j a"; do
		# shellcheck disable=SC2086
		atf_check -s exit:1 -e match:"^jls: usage: " jls $wrong
	done
	done_with a
	atf_check -s exit:1 jls -c -j a
	done_with b 5x
}

atf_test_case wrong
wrong_head() {
	atf_set descr "Wrong options and parameters"
}
wrong_body() {
	setup
	usage="jls: usage: jls [-dhNnqv] [-j jail] [param ...]\n            jls -c [-d] -j jail\n"
	atf_check -s exit:1 -e inline:"jls: illegal option -- x\n$usage" jls -x
	atf_check -s exit:1 -e inline:"jls: option requires an argument -- j\n$usage" jls -j
	atf_check -s exit:1 -e inline:"$usage" jls --nope
	atf_check -s exit:1 -e inline:"jls: unknown parameter: nope\n" jls jid nope
	atf_check -s exit:1 -e inline:"jls: unknown parameter: exec.start\n" jls exec.start
	atf_check -s exit:1 -e inline:"jls: --libxo: xml: not known here (json, pretty, text)\n" \
	    jls --libxo=xml
	atf_check -o match:"^jls \(Gaol\) " jls --version
	# A full disk is an error, not silence.
	atf_check -s exit:1 -e inline:"jls: stdout: No space left on device\n" sh -c 'jls >/dev/full'
}

atf_test_case user
user_head() {
	atf_set descr "An ordinary user sees the same, with Debian's default PATH"
}
user_body() {
	setup
	gaol_user alice
	gaol_snapshot
	three
	jls >root
	atf_check -o file:root as_user alice jls
	jls -s >root
	atf_check -o file:root as_user alice jls -s
	done_with a b 5x
}

atf_test_case terminal
terminal_head() {
	atf_set descr "What a jail calls itself cannot drive the administrator's terminal"
}
terminal_body() {
	setup
	atf_check jail -c name=t path=$j persist host.hostname="$(printf 'x\033]0;y\007z')"
	atf_check -o match:'x\\033\]0;y\\007z  ' "$GAOL_TOOLS/ptydrive" jls <<-END
		end
	END
	atf_check -o inline:"$(printf 'x\033]0;y\007z')\n" jls host.hostname
	done_with t
}

atf_test_case growth
growth_head() {
	atf_set descr "Ten times the jails cost at most twelve times the system calls"
}
growth_body() {
	setup
	command -v strace >/dev/null || atf_skip "no strace"
	up() {
		for i in $(seq "$1" "$2"); do
			jail -c name=g"$i" path=$j persist || atf_fail "cannot make jail $i"
		done
	}
	calls() {
		strace -o calls jls "$@" >/dev/null 2>&1 || atf_fail "jls"
		wc -l <calls
	}
	up 1 10
	atf_check -o ignore jls # sweeps, if anything is to be swept
	few=$(calls)
	few_all=$(calls -n)
	up 11 100
	many=$(calls)
	many_all=$(calls -n)
	atf_check -o inline:"100\n" sh -c 'jls name | wc -l'
	[ "$many" -le $((few * 12)) ] || atf_fail "jls: $few calls for 10, $many for 100"
	[ "$many_all" -le $((few_all * 12)) ] || atf_fail "jls -n: $few_all for 10, $many_all for 100"
	done_with '*'
}

atf_init_test_cases() {
	for case in none layouts parameters case_113 case_114_115 case_119 case_120 case_121 exists \
	    wrong user terminal growth; do
		atf_add_test_case $case
	done
}
