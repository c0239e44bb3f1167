#!/usr/bin/env atf-sh
# libjail by its public headers and its shared library: tools/jailcall.c.  The cases with
# numbers carry those of the list of FreeBSD's tricky cases.
. "$(dirname "$0")/env.subr"

setup() {
	gaol_env
	j=/home/j
	gaol_tiny_root $j
	call=$GAOL_TOOLS/jailcall
}

refused() { # TEXT WORD...
	text=$1
	shift
	atf_check -s exit:1 -o inline:"$text\n" "$call" "$@"
}

done_with() {
	atf_check -o ignore jail -R "$@"
}

atf_test_case life
life_head() {
	atf_set descr "A jail is made, seen, changed, found and removed by the calls alone"
}
life_body() {
	setup
	atf_check -o inline:"1\n" "$call" set c name=a path=$j persist host.hostname=h \
	    ip4.addr=127.0.2.2,127.0.2.1 allow.raw_sockets=true allow.set_hostname=false meta.k=v
	atf_check -o inline:"jid=1
path=$j
persist=true
nopersist=false
host=new
host.hostname=h
ip4=disable
ip4.addr=127.0.2.2,127.0.2.1
ip6.addr=
vnet=inherit
allow.raw_sockets=true
allow.set_hostname=false
allow.nochflags=true
host.hostid=0
enforce_statfs=2
meta=k=v
meta.k=v
parent=0
dying=false
" "$call" get name=a jid path persist nopersist host host.hostname ip4 ip4.addr ip6.addr vnet \
	    allow.raw_sockets allow.set_hostname allow.nochflags host.hostid enforce_statfs meta \
	    meta.k parent dying
	atf_check -o inline:"1\n" "$call" set u jid=1 name=b host.hostname=i ip4.addr=127.0.2.3 \
	    nopersist=false
	atf_check -o inline:"b 127.0.2.3 i\n" jls name ip4.addr host.hostname
	atf_check -o inline:"2\n" "$call" set c name=c path=$j persist
	atf_check -o inline:"1 b\n2 c\n" "$call" list
	atf_check -o inline:"1\n" "$call" getid b
	atf_check -o inline:"2\n" "$call" getid 2
	atf_check -o inline:"0\n" "$call" getid 0
	atf_check -o inline:"c\n" "$call" getname 2
	refused 'ENOENT: jail "a" not found' getid a
	refused 'ENOENT: jail 7 not found' getid 7
	refused 'ENOENT: jail 7 not found' getname 7
	atf_check "$call" remove 1
	atf_check "$call" remove 2
	refused 'EINVAL:' remove 2
	atf_check "$call" list
	atf_check jls name
}

atf_test_case errors
errors_head() {
	atf_set descr "What the calls refuse, with errno and sentence"
}
errors_body() {
	setup
	refused 'ENOENT: unknown parameter: nope' set c nope=1
	refused 'EINVAL: persist: unknown boolean value "no"' set c persist=no
	refused 'EINVAL: vnet: unknown jailsys value "x"' set c vnet=x
	refused 'EINVAL: jid: non-integer value "5x"' set c jid=5x
	refused 'EINVAL: ip4.addr: not an IPv4 address: x' set c ip4.addr=x
	refused 'EINVAL: ip6.addr: not an IPv6 address: 1.2.3.4' set c ip6.addr=1.2.3.4
	refused 'EINVAL: no valid operation (create or update)' set - persist
	refused 'EINVAL: new jail must persist or attach' set c name=x path=$j
	refused 'EINVAL: negative jid' set c jid=-5 persist path=$j
	refused 'ENOENT: update specified no jail' set u persist
	refused 'ENOENT: jail "x" not found' set u name=x persist
	refused 'ENOENT: jail 7 not found' set u jid=7 persist
	refused 'EINVAL: unknown parameter: parent' set c persist parent=0
	refused 'ENOENT: no jail specified' get persist=1 name
	refused 'ENOENT: jail "x" not found' get name=x jid
	refused 'ENOENT: no jail after 0' get lastjid=0 jid
	refused 'EINVAL:' attach 7 /bin/true
	refused 'EINVAL:' attach 0 /bin/true
	atf_check -s exit:1 -o match:'^ENOENT: .*/nowhere' "$call" set c name=x path=/nowhere persist
	atf_check -s exit:1 -o match:'^ENOTDIR: .*passwd' "$call" set c name=x path=$j/etc/passwd persist
	atf_check jls name
}

atf_test_case names
names_head() {
	atf_set descr "Cases 109 and 110: names with dots and names of digits"
}
names_body() {
	setup
	refused 'ENOENT: jail "a" not found' set c name=a.b path=$j persist
	atf_check -o inline:"12\n" "$call" set c name=12 path=$j persist
	atf_check -o inline:"12 12\n" jls jid name
	refused 'EINVAL: name cannot be numeric (unless it is the jid)' set c name=14 jid=13 path=$j persist
	refused 'EINVAL: name cannot be numeric (unless it is the jid)' set c name=0 path=$j persist
	refused 'EEXIST: jail 12 already exists' set c jid=12 path=$j persist
	refused 'EEXIST: jail 12 already exists' set c name=12 jid=0 path=$j persist
	atf_check -o inline:"12\n" "$call" set u jid=12 name=a
	refused 'EEXIST: jail "a" already exists' set c name=a path=$j persist
	atf_check -o inline:"12\n" "$call" set cu name=a persist
	atf_check -o inline:"13\n" "$call" set cu name=b jid=13 path=$j persist
	refused 'EEXIST: jail "b" already exists' set u name=a jid=12 name=b
	done_with a b
}

atf_test_case addresses
addresses_head() {
	atf_set descr "Cases 105, 107 and 108: addresses that clash, repeat, or cannot be given"
}
addresses_body() {
	setup
	atf_check -s exit:1 -o match:'^EINVAL: ' "$call" set c path=$j persist \
	    ip4.addr=127.0.3.1,127.0.3.1
	atf_check -s exit:1 -o match:'^EINVAL: ' "$call" set c path=$j persist ip4.addr=0.0.0.0
	atf_check -o ignore "$call" set c name=a path=$j persist ip4.addr=127.0.3.1
	atf_check -o ignore "$call" set c name=b path=$j persist ip4.addr=127.0.3.1
	refused 'EADDRINUSE: IPv4 addresses clash' set u name=b ip4.addr=127.0.3.1,127.0.3.2
	refused 'EADDRINUSE: IPv4 addresses clash' set c name=c path=$j persist \
	    ip4.addr=127.0.3.3,127.0.3.1
	atf_check -o inline:"127.0.3.1\n" jls -j b ip4.addr
	# None at all is also a restriction, to which addresses may be added; inheriting is not.
	atf_check -o ignore "$call" set c name=d path=$j persist
	atf_check -o ignore "$call" set u name=d ip4.addr=127.0.3.4
	atf_check -o inline:"127.0.3.4\n" jls -j d ip4.addr
	atf_check -o ignore "$call" set c name=e path=$j persist ip4=inherit
	refused 'EINVAL: ip4 cannot be changed after creation' set u name=e ip4.addr=127.0.3.5
	refused 'EINVAL: ip4 cannot be changed after creation' set u name=d ip4=inherit
	refused 'EINVAL: path cannot be changed after creation' set u name=d path=/
	refused 'EINVAL: vnet jails cannot have IP address restrictions' set c name=f path=$j persist \
	    vnet ip4.addr=127.0.3.6
	done_with a b d e
}

atf_test_case family
family_head() {
	atf_set descr "Jails in jails: names, limits that only get tighter, and the end of all"
}
family_body() {
	setup
	atf_check -o ignore "$call" set c name=a path=$j persist children.max=9 enforce_statfs=1 \
	    allow.raw_sockets allow.mount ip4.addr=127.0.2.1,127.0.2.2,127.0.2.3
	atf_check -o ignore "$call" set c name=a.b path=$j persist children.max=8 enforce_statfs=1 \
	    allow.raw_sockets
	atf_check -o ignore "$call" set c name=a.b.c path=$j persist
	atf_check -o inline:"1 a 0 2 9\n2 a.b 1 1 8\n3 a.b.c 2 0 0\n" \
	    jls jid name parent children.cur children.max
	# The name of one is the beginning of those below; nobody moves to another parent.
	atf_check -o ignore "$call" set u jid=1 name=z
	refused "EINVAL: cannot change jail's parent" set u jid=2 name=q.b
	refused "EINVAL: cannot change jail's parent" set u jid=2 name=b
	atf_check -o ignore "$call" set u jid=2 name=z.y
	atf_check -o inline:"z\nz.y\nz.y.c\n" jls name
	atf_check -o inline:"3\n" "$call" getid z.y.c
	refused 'ENOENT: jail "a.b" not found' getid a.b
	# What a parent loses, all below lose at once.
	atf_check -o ignore "$call" set u name=z securelevel=1 enforce_statfs=2 children.max=4 \
	    devfs_ruleset=5 allow.raw_sockets=false
	atf_check -o inline:"z 1 2 4 5 0 1\nz.y 1 2 3 5 0 0\nz.y.c 1 2 0 5 0 0\n" \
	    jls name securelevel enforce_statfs children.max devfs_ruleset allow.raw_sockets allow.mount
	# What it gets, it gets alone.
	atf_check -o ignore "$call" set u name=z allow.raw_sockets=true
	atf_check -o inline:"z 1\nz.y 0\nz.y.c 0\n" jls name allow.raw_sockets
	refused 'EPERM: jail_set: Operation not permitted' set u name=z.y.c allow.raw_sockets=true
	refused 'EPERM: jail_set: Operation not permitted' set u name=z.y securelevel=0
	refused 'EPERM: jail_set: Operation not permitted' set u name=z.y enforce_statfs=1
	refused 'EPERM: jail_set: Operation not permitted' set u name=z.y children.max=4
	refused 'EPERM: jail_set: Operation not permitted' set c name=z.x path=$j persist allow.chflags
	atf_check "$call" remove 2
	atf_check -o inline:"z\n" jls name
	done_with z
}

atf_test_case attach
attach_head() {
	atf_set descr "A process of ours goes in: by jail_attach, by JAIL_ATTACH, by jail(2)"
}
attach_body() {
	setup
	atf_check -o inline:"1\n" "$call" set c name=a path=$j persist host.hostname=inside
	atf_check -o inline:"inside\n" "$call" attach 1 /bin/hostname
	atf_check -o match:"^uid=0 gid=0" "$call" attach 1 /bin/id
	atf_check -o inline:"1\nuid 0 host inside cwd / etc/passwd readable\n" "$call" set ua name=a
	done_with a
	# Without persist the jail lives by the process that entered it.
	atf_check -o inline:"2\nuid 0 host two cwd / etc/passwd readable\n" \
	    "$call" set ca name=b path=$j host.hostname=two
	wait_for 10 sh -c '! jls -c -j b'
	atf_check -o inline:"3\nuid 0 host two cwd / etc/passwd readable\n" \
	    "$call" set ca name=b path=$j host.hostname=two persist
	atf_check jls -c -j b
	done_with b
	for version in 0 2; do
		atf_check -o inline:"uid 0 host old$version cwd / etc/passwd readable\n" \
		    "$call" old $version $j old$version
	done
	wait_for 10 sh -c '[ -z "$(jls name)" ]'
	# What a jail that ended by itself has left on disk goes with the next command.
	jail -R '*' >/dev/null 2>&1
}

atf_test_case user
user_head() {
	atf_set descr "An ordinary user looks and changes nothing"
}
user_body() {
	setup
	gaol_user alice
	gaol_snapshot
	atf_check -o inline:"1\n" "$call" set c name=a path=$j persist
	as_user alice "$call" list >seen 2>&1 || atf_skip "alice cannot reach the build directory"
	atf_check -o inline:"1 a\n" cat seen
	atf_check -s exit:1 -o inline:"EPERM: jail_set: Operation not permitted\n" \
	    as_user alice "$call" set c persist path=$j
	atf_check -s exit:1 -o inline:"EPERM: jail_set: Operation not permitted\n" \
	    as_user alice "$call" set u name=a host.hostname=x
	atf_check -s exit:1 -o inline:"EPERM:\n" as_user alice "$call" remove 1
	atf_check -s exit:1 -o inline:"EPERM:\n" as_user alice "$call" attach 1 /bin/true
	done_with a
}

atf_test_case installed
installed_head() {
	atf_set descr "A program is compiled against what is installed, found by pkg-config"
}
installed_body() {
	setup
	command -v cc >/dev/null && command -v pkg-config >/dev/null || atf_skip "no cc or pkg-config"
	pc=$(find "$GAOL_STAGE" -name libjail.pc)
	[ -n "$pc" ] || atf_fail "no libjail.pc"
	PKG_CONFIG_PATH=$(dirname "$pc")
	export PKG_CONFIG_PATH
	cat >p.c <<-'END'
		#include <sys/param.h>
		#include <sys/jail.h>
		#include <jail.h>
		#include <stdio.h>
		int
		main(void)
		{
			char name[256];
			int jid = jail_setv(JAIL_CREATE, "name", "made", "path", "/home/j", "persist",
			    NULL, NULL);

			if (jid < 0 || jail_getv(0, "jid", "1", "name", name, NULL) != jid)
				printf("%s\n", jail_errmsg);
			else
				printf("%d %s\n", jid, name);
			return jail_remove(jid) == 0 ? 0 : 1;
		}
	END
	# shellcheck disable=SC2046
	atf_check cc -std=c99 -Wall -Werror -o p p.c $(pkg-config --cflags --libs libjail)
	LD_LIBRARY_PATH=$(pkg-config --variable=libdir libjail)
	export LD_LIBRARY_PATH
	atf_check -o inline:"1 made\n" ./p
	atf_check -o match:"SONAME.*libjail.so.1" readelf -d "$LD_LIBRARY_PATH/libjail.so"
	# Nothing but FreeBSD's names and ours, each under its version.
	atf_check -o inline:"" sh -c "nm -D --defined-only '$LD_LIBRARY_PATH/libjail.so' |
	    awk '\$2 != \"A\" { print \$3 }' |
	    grep -vE '^(jail|jail_[a-z]+|jailparam_[a-z_]+)@@GAOL_1.0\$|^gaol_[a-z_]+@@GAOL_PRIVATE\$' || :"
}

atf_init_test_cases() {
	for case in life errors names addresses family attach user installed; do
		atf_add_test_case $case
	done
}
