#!/usr/bin/env atf-sh
# The manual pages and completions against the sources that they describe: options, parameters,
# references; the examples of the pages, typed as they stand.
. "$(dirname "$0")/env.subr"

tree=${GAOL_TESTS%/*}
man=$tree/man

# ---- what the sources say ------------------------------------------------------------

# getopt_letters FILE: the letters of the option string in it, one a line.
getopt_letters() {
	sed -n -e 's/.*getopt(argc, argv, "\([^"]*\)").*/\1/p' \
	    -e 's/^while getopts \([^ ]*\) .*/\1/p' "$1" | tr -d '+:-' | fold -w 1
}

long_options() { # FILE: those that it compares its arguments with
	grep -o '"--[a-z]*"' "$1" | tr -d '"' | sed 's/^-//'
}

source_options() { # PROGRAM: letters, and long names with one "-" in front
	case $1 in
	jail)
		sed -n -e "s/.*\.letter = '\(.\)'.*/\1/p" -e 's/.*\.name = "\([a-z-]*\)".*/-\1/p' \
		    "$tree/src/jail/options.c"
		;;
	jls | jexec)
		getopt_letters "$tree/src/$1/$1.c"
		long_options "$tree/src/$1/$1.c"
		;;
	devfs)
		getopt_letters "$tree/src/devfs/main.c"
		getopt_letters "$tree/src/devfs/rule.c"
		;;
	mount_nullfs | mount_devfs) getopt_letters "$tree/src/mount/args.c" ;;
	sysrc) getopt_letters "$tree/rc/sysrc.in" ;;
	esac | sort -u
}

# The arguments of all Fl macros of a page; "-mr" is two letters.
page_options() { # PAGE
	awk '
	/^\./ {
		flag = 0
		for (i = 1; i <= NF; i++) {
			word = $i
			sub(/^\./, "", word)
			if (word == "Fl") flag = 1
			else if (word ~ /^[A-Z][a-z]$/) flag = 0
			else if (word ~ /^[][(),.:;|?!]$/) continue
			else if (flag && word ~ /^-/) { sub(/[=:].*/, "", word); print word }
			else if (flag) for (k = 1; k <= length(word); k++) print substr(word, k, 1)
		}
	}' "$1" | sort -u
}

usage_options() { # on standard input, a usage text
	sed 's/-\[\([a-zA-Z]*\)\]/-\1/g' | grep -oE -- '(^|[[ |])--?[a-zA-Z]([a-zA-Z-]*)' |
	    sed 's/^[[ |]//' | awk '
	/^--/ { print substr($0, 2); next }
	{ for (k = 2; k <= length($0); k++) print substr($0, k, 1) }' | sort -u
}

# The words that begin with "-" where the completion offers them.
completion_options() { # FILE
	awk '/_offer -/ { take = 1 }
	take { for (i = 1; i <= NF; i++) if ($i ~ /^-/) print substr($i, 2) }
	take && !/\\$/ { take = 0 }' "$1" | sed 's/=.*//' | sort -u
}

# Name and flags of each row of the table, one a line.
table() {
	sed -n ':a
	/^    [A-Z]*("/ {
		/),$/!{ N; ba
		}
		s/\n/ /g
		p
	}' "$tree/src/prison/param_table.c" | sed -nE \
	    -e 's/^ *(ROW|CHOICE)\("([^"]*)", ([A-Z0-9]+, )?([A-Z_| 0]+),.*/\2 \4/p' \
	    -e 's/^ *(BOOL|INT|STRING)\("([^"]*)", ([A-Z_| 0]+),.*/\2 \3/p' | tr -d '|' | tr -s ' '
}

# Each parameter that has an entry in the page, with the letters that it is marked by.
entries() { # PAGE
	awk '
	/^\.It Va / {
		marks = ""
		if (match($0, / Pq .*/)) {
			marks = substr($0, RSTART + 4)
			gsub(/[, ]/, "", marks)
			$0 = substr($0, 1, RSTART - 1)
		}
		for (i = 3; i <= NF; i++)
			if ($i != ",") print $i, marks
	}' "$1"
}

# The commands of the examples of a page: lines with "# " in front, and what continues them.
examples() { # PAGE
	awk '
	/^\.Sh / { on = $2 == "EXAMPLES"; next }
	!on { next }
	{ sub(/^\.Dl /, "") }
	/^# / || more {
		sub(/^# /, "")
		gsub(/\\e/, "\\")
		print
		more = /\\$/
	}' "$man/$1"
}

# The nth literal text of a page without commands.
literal() { # PAGE N
	awk -v n="$2" '
	/^\.Bd -literal/ { text = ""; on = 1; next }
	/^\.Ed/ && on { on = 0; if (text !~ /(^|\n)# [a-z]+ -/ && --n == 0) printf "%s", text; next }
	on { gsub(/\\e/, "\\"); sub(/^\\&/, ""); text = text $0 "\n" }' "$man/$1"
}

# ---- pure ------------------------------------------------------------------------------

failed() { # WHAT FILE...: atf's reason is one line
	what=$1
	shift
	cat "$@" >&2
	atf_fail "$what"
}

same() { # WHAT WANT GOT
	diff -u "$2" "$3" >diff.out || failed "$1" diff.out
}

atf_test_case options
options_head() {
	atf_set descr "Each option is in source and page, and no other is in page or usage"
}
options_body() {
	for program in jail jls jexec devfs mount_nullfs mount_devfs sysrc; do
		source_options $program >want
		[ -s want ] || atf_fail "no option found in the source of $program"
		page_options "$man/$program.8" >got
		same "$program: source (-) and page (+)" want got
		case $program in
		mount_*) $program >usage 2>&1 </dev/null ;;
		devfs | sysrc | jls | jexec) $program -/ >usage 2>&1 </dev/null ;;
		jail) $program --help >usage 2>&1 ;;
		esac
		sed -n '/usage:/,$p' usage | usage_options >got
		[ -s got ] || atf_fail "no usage of $program: $(cat usage)"
		comm -13 want got >extra
		[ ! -s extra ] || atf_fail "usage of $program has what the source has not: $(cat extra)"
	done
	# jail's names them all, but the one that prints it.
	source_options jail | grep -vx -- '-help' >want
	jail --help 2>&1 | usage_options >got
	same "jail: source (-) and usage (+)" want got
}

atf_test_case completions
completions_head() {
	atf_set descr "Each option is completed, and each parameter"
}
completions_body() {
	dir=$GAOL_STAGE/share/bash-completion/completions
	for program in jail jls jexec; do
		source_options $program | sort >want
		completion_options "$dir/$program" >got
		same "$program: source (-) and completion (+)" want got
	done
	table | awk '!/PARAM_RDONLY/ { print $1 }' >want
	[ "$(wc -l <want)" -gt 80 ] || atf_fail "the table was not read: $(cat want)"
	sed -n 's/^	\([a-z][a-z0-9_.]*\)$/\1/p' "$dir/jail" >have
	while read -r name; do
		grep -qx "$name" have || atf_fail "jail: $name is not completed"
	done <want
}

atf_test_case complete
complete_head() {
	atf_set descr "What bash offers for jail: options, jails of the file, parameters, values"
}
complete_body() {
	printf '%s\n' 'persist; path = /;' 'one { }' '"t $(w) o" { }' >my.conf
	cat >complete <<-'END'
		. "$1"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_gaol_jail
		printf '%s\n' "${COMPREPLY[@]}"
	END
	set -- "$GAOL_STAGE/share/bash-completion/completions/jail" jail
	atf_check -o inline:"--doctor\n--dry-run\n" bash ./complete "$@" --d
	atf_check -o inline:"one\n" bash ./complete "$@" -f my.conf -c one
	atf_check -o inline:"t\\\\ \\\\\$\\\\(w\\\\)\\\\ o\n" bash ./complete "$@" -f my.conf -r t
	atf_check -o inline:"nopersist\n" bash ./complete "$@" -c name=x nop
	atf_check -o inline:"persist\n" bash ./complete "$@" -m name = x pers
	atf_check -o inline:"identity\ninherit\n" bash ./complete "$@" -c gaol.userns = i
	atf_check -o inline:"/etc\n" bash ./complete "$@" -c path = /et
	atf_check -o inline:"/etc/nsswitch.conf\n" bash ./complete "$@" -c command = /bin/cat /etc/nsswitch.c
	# Words that name nothing are no options, and nothing after "command" is a parameter.
	atf_check -o inline:"\n" bash ./complete "$@" -c command = x persis
}

atf_test_case parameters
parameters_head() {
	atf_set descr "Each row of the table has an entry that marks it by its flags, and no entry lacks a row"
}
parameters_body() {
	table >rows
	grep -c 'BOOL(\|INT(\|STRING(\|CHOICE(\|ROW("' "$tree/src/prison/param_table.c" >/dev/null
	[ "$(wc -l <rows)" -gt 80 ] || atf_fail "the table was not read: $(cat rows)"
	want=$(sed -n '/param_table\[\] = {/,/^};/p' "$tree/src/prison/param_table.c" |
	    grep -c '^    [A-Z]*(')
	atf_check_equal "$want" "$(wc -l <rows)"
	awk '
	{
		marks = ""
		if (/PARAM_TUN/) marks = marks "c"
		if (/PARAM_RDONLY/) marks = marks "r"
		if (/PARAM_PSEUDO/) marks = marks "j"
		if (/PARAM_NOEFFECT/) marks = marks "o"
		print $1, marks
	}' rows | sort >all
	# Of Gaol's own, jail(8) has what extends a group of FreeBSD's; gaol(7) says of the rest
	# at once that they are fixed.
	grep -v '^gaol\.' all >want
	entries "$man/jail.8" | sed 's/y$//' | sort >got
	same "the table (-) and jail(8) (+)" want got
	sed -n 's/^\(gaol\.[^ ]*\) c$/\1/p' all >want
	entries "$man/gaol.7" | sed -n 's/^\(gaol\.[^ ]*\) .*/\1/p' | sort >got
	same "the table (-) and gaol(7) (+)" want got
	awk '/^gaol\./ && $2 != "c"' all >wrong
	atf_check cat wrong
	# Those without effect are the table's, and --check names each that jail.conf can have.
	awk '/PARAM_NOEFFECT/ { print $1 }' rows | sort >want
	sed -n '/^\.Ss Parameters without effect/,/^\.Ss Programs/p' "$man/gaol.7" |
	    sed -n 's/^\.Va //p' | tr -d ',.' | tr ' ' '\n' | grep . | sort >names
	tr -d . <want | sort >want.names
	same "the table (-) and the list of gaol(7) (+)" want.names names
	{
		echo 'x { path = /; persist;'
		while read -r name; do
			# What each of these takes.
			case $name in
			linux | zfs) echo "$name = inherit;" ;;
			allow.unprivileged_proc_debug) ;;
			allow.* | exec.fib | *.oss_version | securelevel | osreldate | *_snapshot | host.hostid)
				echo "$name = 1;"
				;;
			*) echo "$name = a;" ;;
			esac
		done <want
		echo '}'
	} >all.conf
	jail --check all.conf >said 2>&1
	while read -r name; do
		[ $name = allow.unprivileged_proc_debug ] || grep -q ": x: $name: " said ||
		    failed "--check does not name $name" said
	done <want
}

atf_test_case pages
pages_head() {
	atf_set descr "Pages are clean for mandoc and groff, and refer to pages that there are"
}
pages_body() {
	ls "$man"/*.[1-9] >list
	while read -r page; do
		atf_check mandoc -T lint -W warning "$page"
		atf_check groff -mdoc -ww -z -Tutf8 -K utf8 "$page"
		mandoc -T lint -W style "$page" | grep 'unusual Xr' >order
		atf_check cat order
	done <list
	# Every page, and every link, is installed; a link leads to a page that names it.
	(cd "$GAOL_STAGE/share/man" && find . -type f -o -type l) | sed 's/.*\///' | sort >installed
	while read -r page; do
		grep -qx "${page##*/}" installed || atf_fail "$page is not installed"
	done <list
	(cd "$GAOL_STAGE/share/man" && find . -type l) | while read -r link; do
		[ -e "$GAOL_STAGE/share/man/$link" ] || atf_fail "$link leads nowhere"
		name=${link##*/}
		grep -q "${name%.*}" "$GAOL_STAGE/share/man/$link" || atf_fail "$link names something else"
	done
	# What has our name is meant to be ours.
	sed 's/\.[1-9]$//' installed | sort -u >names
	grep -h '^\.Xr' "$man"/*.[1-9] | awk '{ print $2 "." $3 }' | sort -u >refs
	while read -r ref; do
		! grep -qx "${ref%.*}" names || grep -qx "$ref" installed ||
		    atf_fail "reference to $ref, which is not there"
	done <refs
	# And every page is found from gaol(7) or is it.
	sed -n '/^\.Sh SEE ALSO/,/^\.Sh CAVEATS/s/^\.Xr \([^ ]*\) \([0-9]\).*/\1.\2/p' "$man/gaol.7" >refs
	while read -r page; do
		name=${page##*/}
		[ "$name" = gaol.7 ] || grep -qx "$name" refs || atf_fail "gaol(7) does not refer to $name"
		[ "$name" = gaol.7 ] || grep -q '^\.Xr gaol 7' "$page" || atf_fail "$name does not refer to gaol(7)"
	done <list
}

atf_test_case languages
languages_head() {
	atf_set descr "The files that pages show are read without a word"
}
languages_body() {
	gaol_env
	# www and db of the first lines; jail_01 and jail_02; build; music.
	for n in 1 3 4 5; do
		literal jail.conf.5 $n >shown.conf
		[ -s shown.conf ] || atf_fail "jail.conf(5) has no text $n"
		atf_check -o match:"^name=" jail -f shown.conf -e ' '
	done
	literal jail.conf.5 1 >shown.conf
	atf_check -o match:'^name=www .*path=/home/jail/www host.hostname=www.example.org ip4.addr=192.168.1.5/24,192.168.1.6/24 interface=vtnet0' \
	    -o match:'^name=db .*ip4.addr=vtnet0\|192.168.1.7/24 depend=www$' jail -f shown.conf -e ' '
	literal jail.conf.5 4 >shown.conf
	atf_check -o inline:"name=build stop.timeout=5 path=/home/jail/build persist allow.noraw_sockets\n" \
	    jail -f shown.conf -e ' '
	literal jail.conf.5 5 >shown.conf
	mkdir -p '/srv/my music' 2>/dev/null
	atf_check -o match:'nullfs -o ro /srv/my music /home/jail/music/srv$' jail --dry-run -f shown.conf -c
	rmdir '/srv/my music'
	literal devfs.rules.5 1 >/etc/devfs.rules
	atf_check devfs reload "$GAOL_STAGE/share/gaol/defaults/devfs.rules" /etc/devfs.rules
	atf_check -o inline:"100 include 4\n200 path bpf* unhide\n" devfs rule -s 1000 show
	atf_check -o inline:"100 include 4\n200 type disk unhide mode 400\n" devfs rule -s 1001 show
	literal jail.3 1 >shown.c
	if command -v cc >/dev/null; then
		lib=$(dirname "$(find "$GAOL_STAGE/lib" -name libjail.so | head -n 1)")
		atf_check cc -Wall -Werror -I "$GAOL_STAGE/include" -o shown shown.c -L "$lib" -ljail
		gaol_tiny_root /home/j
		atf_check jail -c name=a path=/home/j host.hostname=first persist
		atf_check jail -c name=b path=/home/j host.hostname=second persist
		atf_check -o inline:"1 first\n2 second\n" env LD_LIBRARY_PATH="$lib" ./shown
		atf_check -o ignore jail -R a b
	fi
}

# ---- examples, typed -----------------------------------------------------------------------

run_script() { # the file script, up to the first command that fails
	[ -s script ] || atf_fail "no example"
	atf_check sh -n ./script
	sh -ex ./script >out 2>err </dev/null || failed "an example failed with $?" out err
}

run_examples() { # PAGE
	examples "$1" >script
	run_script
}

www() { # a jail of that name, and its file
	gaol_tiny_root /home/jail/www
	mkdir -p /home/jail/www/usr/ports /home/jail/www/srv
	echo 'www { path = /home/jail/www; mount.devfs; persist; }' >/etc/jail.conf
}

atf_test_case examples_jail
examples_jail_head() {
	atf_set descr "The examples of jail(8)"
}
examples_jail_body() {
	gaol_env
	gaol_net
	www
	gaol_tiny_root /home/jail/base
	# "Give it another address" is said of a jail that stays.
	examples jail.8 >all
	line=$(grep -n '^jail -m ' all | sed 's/:.*//')
	sed "$line,\$d" all >script
	run_script
	atf_check -o not-match:192.168.1.5 ip addr show dev vtnet0
	atf_check jail -c name=www path=/home/jail/www persist ip4.addr=192.168.1.5
	sed -n "${line}p" all >script
	run_script
	atf_check -o inline:"www 192.168.1.6 web\n" jls name ip4.addr host.hostname
	atf_check -o ignore jail -R www
	sed "1,${line}d" all >script
	[ "$(wc -l <script)" -eq 3 ] || atf_fail "other examples than expected: $(cat script)"
	run_script
	# The dry run has left it there.
	atf_check -o inline:"www\n" jls name
	atf_check -o ignore jail -r www
}

atf_test_case examples_jls_jexec
examples_jls_jexec_head() {
	atf_set descr "The examples of jls(8) and jexec(8)"
}
examples_jls_jexec_body() {
	gaol_env
	www
	echo 'www-data:x:33:33:www-data:/var/www:/bin/sh' >>/home/jail/www/etc/passwd
	mkdir -p /home/jail/www/var/www
	atf_check -o ignore jail -c
	run_examples jls.8
	atf_check -o ignore tail -n 1 out
	grep -qx running out || atf_fail "jls -c did not find www: $(cat out)"
	run_examples jexec.8
	atf_check -o inline:"C.UTF-8 /srv\n" tail -n 1 out
	atf_check -o ignore jail -r www
}

atf_test_case examples_devices
examples_devices_head() {
	atf_set descr "The examples of devfs(8), devfs.rules(5) and mount_devfs(8)"
}
examples_devices_body() {
	gaol_env
	www
	mkdir -p /home/jail/net/dev
	gaol_tiny_root /home/jail/base
	atf_check -o ignore jail -c
	run_examples devfs.8
	run_examples mount_devfs.8
	literal devfs.rules.5 1 >/etc/devfs.rules
	run_examples devfs.rules.5
	atf_check -o inline:"socket_packet: ok\n" jexec sniff /bin/try socket_packet
	atf_check -o ignore jail -R '*'
}

atf_test_case examples_files
examples_files_head() {
	atf_set descr "The examples of mount_nullfs(8) and sysrc(8)"
}
examples_files_body() {
	gaol_env
	www
	mkdir -p /srv/data
	: >/etc/rc.conf
	mkdir -p /home/jail/www/etc
	: >/home/jail/www/etc/rc.conf
	run_examples mount_nullfs.8
	atf_check umount /home/jail/www/usr/ports
	rmdir /srv/data
	run_examples sysrc.8
	atf_check -o inline:"jail_enable=\"YES\"\n" cat /etc/rc.conf
	atf_check -o inline:"syslogd_enable=\"NO\"\n" cat /home/jail/www/etc/rc.conf
}

atf_test_case examples_gaol
examples_gaol_head() {
	atf_set descr "The examples of gaol(7)"
}
examples_gaol_body() {
	gaol_env
	mkdir -p /home/jail
	examples gaol.7 >all
	# A base as Debian has it: all of it in usr.
	gaol_tiny_root /home/jail/base
	mkdir -p /home/jail/base/usr/sbin
	(cd /home/jail/base && mv bin lib lib64 usr/)
	sed '/^unshare/,$d' all >script
	run_script
	atf_check -o inline:"bin\nlib\nlib64\nsbin\nsrv\nusr\n" ls /home/jail/web
	# The other instance has no jails, and its own name.
	gaol_tiny_root /home/jail/www
	atf_check jail -c name=www path=/home/jail/www persist
	sed -n '/^unshare/,$p' all | sed "s/experiment/$GAOL_CGROUP-x/" >script
	atf_check_equal "unshare -m sh" "$(head -n 1 script)"
	{ sed 1d script; echo 'jls name; cat /run/jail/.cgroup'; } >inner
	atf_check -o inline:"$GAOL_CGROUP-x\n" unshare -m sh ./inner
	atf_check -o inline:"www\n" jls name
	atf_check -o ignore jail -r www
}

atf_test_case vnet
vnet_head() {
	atf_set descr "vnet.interface, as jail(8) has it: gone from the host, and back with the jail's end"
}
vnet_body() {
	gaol_env
	gaol_net
	gaol_tiny_root /home/x
	atf_check jail -c name=x path=/home/x persist vnet vnet.interface=vtnet0 \
	    exec.created="ip link show dev vtnet0 >/home/created"
	grep -q vtnet0 /home/created || atf_fail "it moved before exec.created"
	atf_check -s exit:1 -e match:"does not exist" ip link show dev vtnet0
	atf_check -o match:" vtnet0:" jexec x /bin/sh -c \
	    'while read -r line; do echo " $line"; done </proc/net/dev'
	atf_check jail -r x
	atf_check -o match:vtnet0 ip link show dev vtnet0
	gaol_snapshot
}

# ---- what does not work yet ------------------------------------------------------------------

# Fails with a word to whoever made it work.
yet() { # WORDS-OF-THE-PAGE COMMAND...: succeeds as long as it does not work
	words=$1
	shift
	"$@" >/dev/null 2>&1 || atf_fail "gaol(7), CAVEATS, says that this does not work yet, and it does: $words"
}

refuses() { # TRY: in jail x
	jexec x /bin/try "$1" 2>&1 | grep -qE 'EPERM|EACCES'
}

atf_test_case caveats
caveats_head() {
	atf_set descr "What gaol(7) says does not work yet does not: else the page is to be changed"
}
caveats_body() {
	gaol_env
	gaol_net
	gaol_tiny_root /home/x
	mkdir -p /home/x/m /home/source
	touch /home/source/seen
	caveat() { # PARAMETER: is it still in the list?
		sed -n '/^\.Sh CAVEATS/,/^\.Sh SECURITY/p' "$man/gaol.7" | grep -q -- "$1"
	}
	if caveat 'Va allow.mount'; then
		atf_check -o ignore -e inline:"jail: allow.mount=true is not in force in this version\n" \
		    jail -c name=x path=/home/x persist allow.mount allow.mount.tmpfs enforce_statfs=1
		yet allow.mount refuses mount_tmpfs
		atf_check -o ignore jail -R x
	fi
	atf_check -o ignore jail -c name=x path=/home/x persist
	if caveat 'Fl m'; then
		atf_check -o ignore jail -m name=x 'mount=/home/source /home/x/m nullfs ro'
		yet "mount with -m" sh -c '! jexec x /bin/ls /m | grep -q seen'
	fi
	atf_check -o ignore jail -R x
	atf_check -o ignore jail -c name=x path=/home/x persist ip4.addr=192.168.1.1
	if caveat 'wildcards'; then
		"$GAOL_TOOLS/init" tcp listen 0.0.0.0 7000 >log 2>&1 &
		pid=$!
		wait_for 10 grep -q listening log
		yet "ports and wildcards of the host" \
		    sh -c '! timeout 2 jexec x /bin/tcp listen 192.168.1.1 7000 | grep listening'
		kill $pid
	fi
	atf_check -o ignore jail -R x
}

atf_init_test_cases() {
	atf_add_test_case options
	atf_add_test_case completions
	atf_add_test_case complete
	atf_add_test_case parameters
	atf_add_test_case pages
	atf_add_test_case languages
	atf_add_test_case examples_jail
	atf_add_test_case examples_jls_jexec
	atf_add_test_case examples_devices
	atf_add_test_case examples_files
	atf_add_test_case examples_gaol
	atf_add_test_case vnet
	atf_add_test_case caveats
}
