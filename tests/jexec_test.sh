#!/usr/bin/env atf-sh
# jexec(8): what runs inside, as whom, with what around it, and how it ends.
. "$(dirname "$0")/env.subr"

setup() {
	gaol_env
	j=/home/j
	gaol_tiny_root $j
	atf_check jail -c name=x path=$j host.hostname=inside persist
}

done_with() {
	atf_check -o ignore jail -R x
}

atf_test_case ends
ends_head() {
	atf_set descr "The command's end is jexec's: any status, any signal"
}
ends_body() {
	setup
	atf_check jexec x true
	for status in 1 2 77 126 127 128 255; do
		atf_check -s exit:$status jexec x exit $status
	done
	for signal in 1 2 3 6 9 11 13 15; do
		# shellcheck disable=SC2016
		atf_check -s signal:$signal jexec x sh -c 'kill -'$signal' $$'
	done
	atf_check -o inline:"137\n" -e ignore sh -c 'jexec x sh -c "kill -9 \$\$"; echo $?'
	done_with
}

atf_test_case through
through_head() {
	atf_set descr "Words, input and output go through as they are"
}
through_body() {
	setup
	atf_check -o inline:"a b|*||\$x|-l\n" jexec x sh -c 'IFS="|"; echo "$*"' sh "a b" '*' '' '$x' -l
	atf_check -o inline:"typed\n" sh -c 'echo typed | jexec x cat'
	atf_check -o inline:"out\n" -e inline:"err\n" jexec x sh -c 'echo out; echo err >&2'
	atf_check -o inline:"inside\n" jexec 1 hostname
	atf_check -o inline:"inside\n" jexec -n x hostname
	head -c 3000000 /dev/urandom >big
	atf_check -o file:big sh -c 'cat big | jexec x cat'
	# Nothing of ours is open in there.
	atf_check -o inline:"0\n1\n2\n3\n" sh -c 'exec 7<big 8>other; jexec x ls /proc/self/fd'
	done_with
}

atf_test_case jails
jails_head() {
	atf_set descr "Jails that are not there, and people who may not"
}
jails_body() {
	setup
	gaol_user alice
	atf_check -s exit:1 -e inline:"jexec: jail \"y\" not found\n" jexec y true
	atf_check -s exit:1 -e inline:"jexec: jail 7 not found\n" jexec 7 true
	atf_check -s exit:1 -e inline:"jexec: jail_attach(0): Invalid argument\n" jexec 0 true
	atf_check -s exit:1 -e inline:"jexec: jail \"1x\" not found\n" jexec 1x true
	atf_check -s exit:1 -e inline:"jexec: jail_attach(1): Operation not permitted\n" \
	    as_user alice "$GAOL_STAGE"/bin/jexec x true
	done_with
	atf_check -s exit:1 -e inline:"jexec: jail \"x\" not found\n" jexec x true
	userdel -r alice 2>/dev/null
}

atf_test_case users
users_head() {
	atf_set descr "-u takes the host's user, -U the jail's; each with its groups"
}
users_body() {
	setup
	gaol_user alice
	alice=$(id -u alice)
	atf_check -o match:"^uid=0 gid=0" jexec x id
	atf_check -o match:"^uid=1000 gid=1000 groups=(37,1000|1000,37)" jexec -U user x id
	atf_check -o match:"^uid=$alice gid=$(id -g alice)" jexec -u alice x id
	atf_check -s exit:1 -e inline:"jexec: alice: no such user\n" jexec -U alice x id
	atf_check -s exit:1 -e inline:"jexec: user: no such user\n" jexec -u user x id
	# The host's user is looked up first, then the jail, then the jail's user.
	atf_check -s exit:1 -e inline:"jexec: nobody2: no such user\n" jexec -u nobody2 y id
	atf_check -s exit:1 -e inline:"jexec: jail \"y\" not found\n" jexec -U nobody2 y id
	done_with
	userdel -r alice 2>/dev/null
}

atf_test_case directory_users
directory_users_head() {
	atf_set descr "Users whom only a module of nsswitch.conf knows are asked of getent"
}
directory_users_body() {
	setup
	# In place of a directory: what is asked is written down.
	mv /usr/bin/getent /usr/bin/getent.real
	cat >/usr/bin/getent <<-'END'
		#!/bin/sh
		echo "$*" >>/run/asked
		case $* in
		"passwd -- ldapuser") echo "ldapuser:x:2001:2002:Some One:/home/ldapuser:/bin/bash" ;;
		"initgroups -- ldapuser") echo "ldapuser             2003 2004" ;;
		"initgroups -- daemon") exit 2 ;;
		*) exit 2 ;;
		esac
	END
	chmod +x /usr/bin/getent
	sed -i '/^passwd:/d; /^group:/d; /^initgroups:/d' /etc/nsswitch.conf
	printf 'passwd: files\ngroup: files\n' >>/etc/nsswitch.conf
	atf_check -s exit:1 -e inline:"jexec: ldapuser: no such user\n" jexec -u ldapuser x id
	[ ! -e /run/asked ] || atf_fail "asked: $(cat /run/asked)"
	sed -i '/^passwd:/d; /^group:/d' /etc/nsswitch.conf
	printf 'passwd: files [NOTFOUND=continue] sss # ldap\ngroup:\tfiles sss\n' >>/etc/nsswitch.conf
	atf_check -o match:"^uid=2001 gid=2002 groups=2002,2003,2004" jexec -u ldapuser x id
	atf_check -o inline:"initgroups -- ldapuser\npasswd -- ldapuser\n" sort -u /run/asked
	# Those in the files are found there, with their groups.
	atf_check -o match:"^uid=1 gid=1" jexec -u daemon x id
	atf_check -s exit:1 -e inline:"jexec: nobody2: no such user\n" jexec -u nobody2 x id
	done_with
	mv /usr/bin/getent.real /usr/bin/getent
}

atf_test_case environment
environment_head() {
	atf_set descr "The environment with and without -l, -u, -U and -e"
}
environment_body() {
	setup
	all="env -i PATH=$PATH TERM=vt100 A=b HOME=/nowhere"
	atf_check -o inline:"A=b\nHOME=/nowhere\nPATH=$PATH\nTERM=vt100\n" \
	    sh -c "$all jexec x env | sort"
	atf_check -o inline:"HOME=/root\nPATH=/bin:/usr/bin\nSHELL=$(getent passwd root | cut -d: -f7)\nTERM=vt100\nUSER=root\n" \
	    sh -c "$all jexec -l x env | sort"
	atf_check -o inline:"HOME=/root\nPATH=/bin:/usr/bin\nSHELL=$(getent passwd root | cut -d: -f7)\nUSER=root\n" \
	    sh -c "env -u TERM jexec -l x env | sort"
	atf_check -o inline:"HOME=/home/user\nPATH=/bin:/usr/bin\nSHELL=/bin/sh\nTERM=vt100\nUSER=user\n" \
	    sh -c "$all jexec -l -U user x env | sort"
	atf_check -o inline:"A=b\nHOME=/home/user\nPATH=$PATH\nSHELL=/bin/sh\nTERM=vt100\nUSER=user\n" \
	    sh -c "$all jexec -U user x env | sort"
	atf_check -o inline:"A=c=d\nHOME=/e\nPATH=/bin:/usr/bin\nSHELL=/bin/sh\nTERM=vt100\nUSER=user\nX=\n" \
	    sh -c "$all jexec -l -e A=b -e A=c=d -e HOME=/e -e X= -U user x env | sort"
	atf_check -s exit:1 -e inline:"jexec: -e A: not in the form name=value\n" jexec -e A x env
	atf_check -s exit:1 -e inline:"jexec: -e =b: not in the form name=value\n" jexec -e =b x env
	done_with
}

atf_test_case directory
directory_head() {
	atf_set descr "Where the command begins: /, -d, or home with -l and a user"
}
directory_body() {
	setup
	pwd="sh -c pwd"
	cd /usr || atf_fail "cd"
	atf_check -o inline:"/\n" jexec x $pwd
	atf_check -o inline:"/\n" jexec -l x $pwd
	atf_check -o inline:"/\n" jexec -U user x $pwd
	atf_check -o inline:"/home/user\n" jexec -l -U user x $pwd
	atf_check -o inline:"/etc\n" jexec -l -d /etc -U user x $pwd
	atf_check -o inline:"/etc\n" jexec -d /etc x $pwd
	atf_check -s exit:1 -e inline:"jexec: chdir(): /nope: No such file or directory\n" \
	    jexec -d /nope x $pwd
	rmdir $j/home/user
	atf_check -s exit:1 -e inline:"jexec: chdir: /home/user: No such file or directory\n" \
	    jexec -l -U user x $pwd
	# A directory that only the user may enter is the user's to enter.
	mkdir -m 700 $j/home/user
	chown 1000:1000 $j/home/user
	atf_check -o inline:"/home/user\n" jexec -d /home/user -U user x $pwd
	# A link inside cannot lead out.
	mkdir /home/outside
	ln -s ../../home/outside $j/link
	atf_check -s exit:1 -e inline:"jexec: chdir(): /link: No such file or directory\n" \
	    jexec -d /link x $pwd
	done_with
}

atf_test_case commands
commands_head() {
	atf_set descr "Commands that cannot be run, and the shell if none is named"
}
commands_body() {
	setup
	atf_check -s exit:1 -e inline:"jexec: execvp: nope: No such file or directory\n" jexec x nope
	atf_check -s exit:1 -e inline:"jexec: execvp: /bin/nope: No such file or directory\n" \
	    jexec x /bin/nope arg
	atf_check -s exit:1 -e inline:"jexec: execvp: /etc: Permission denied\n" jexec x /etc
	echo 'exec true' >$j/bin/plain
	atf_check -s exit:1 -e inline:"jexec: execvp: plain: Permission denied\n" jexec x plain
	printf '#!/bin/sh\necho script $0\n' >$j/bin/script
	chmod +x $j/bin/script
	atf_check -o inline:"script /bin/script\n" jexec x script
	atf_check -s exit:3 -o inline:"hi\n" -e ignore \
	    sh -c 'echo "echo hi; exit 3" | SHELL=/bin/sh jexec x'
	atf_check -s exit:4 -o inline:"/bin/sh\n" -e ignore \
	    sh -c 'echo "echo \$SHELL; exit 4" | SHELL=/bin/nope jexec -U user x'
	atf_check -s exit:1 -e inline:"jexec: execlp: /bin/nope: No such file or directory\n" \
	    env SHELL=/bin/nope jexec x
	atf_check -s exit:5 -e ignore sh -c 'echo "exit 5" | env -u SHELL jexec x'
	done_with
}

atf_test_case wrong
wrong_head() {
	atf_set descr "Wrong options"
}
wrong_body() {
	setup
	usage="usage: jexec [-l] [-d dir] [-e name=value] [-u user | -U user] jail [command ...]\n"
	atf_check -s exit:1 -e inline:"$usage" jexec
	atf_check -s exit:1 -e inline:"$usage" jexec -l
	atf_check -s exit:1 -e inline:"$usage" jexec -u root -U root x true
	atf_check -s exit:1 -e inline:"jexec: illegal option -- x\n$usage" jexec -x x true
	atf_check -s exit:1 -e inline:"jexec: option requires an argument -- u\n$usage" jexec -u
	atf_check -s exit:1 -e inline:"$usage" jexec --nope x true
	atf_check -o match:"^jexec \(Gaol\) " jexec --version
	# Options end at the jail: what follows is the command's.
	atf_check -o inline:"-l -u\n" jexec x echo -l -u
	done_with
}

atf_test_case signals
signals_head() {
	atf_set descr "A signal for jexec reaches the command; the jail's end is the command's"
}
signals_body() {
	setup
	jexec x sleep 1000 &
	pid=$!
	wait_for 10 sh -c 'jexec x ps | grep -q sleep'
	kill -TERM $pid
	wait $pid
	atf_check_equal 143 $?
	wait_for 10 sh -c '! jexec x ps | grep -q sleep'
	jexec x sleep 1000 &
	pid=$!
	wait_for 10 sh -c 'jexec x ps | grep -q sleep'
	# The jail's end: SIGTERM first, as stop.timeout says.
	done_with
	wait $pid
	atf_check_equal 143 $?
	# kill -9 of jexec takes the command along.
	atf_check jail -c name=x path=$j persist
	jexec x sleep 1000 &
	pid=$!
	wait_for 10 sh -c 'jexec x ps | grep -q sleep'
	kill -KILL $pid
	wait $pid
	wait_for 10 sh -c '! jexec x ps | grep -q sleep'
	done_with
}

atf_test_case lifetime
lifetime_head() {
	atf_set descr "A jail that does not persist lives as long as what jexec started in it"
}
lifetime_body() {
	setup
	jexec x sleep 1000 &
	pid=$!
	wait_for 10 sh -c 'jexec x ps | grep -q sleep'
	atf_check jail -m name=x nopersist
	atf_check -o inline:"x\n" jls name
	kill -TERM $pid
	wait $pid
	wait_for 10 sh -c '! jls -c -j x'
	atf_check jls name
}

atf_test_case terminal
terminal_head() {
	atf_set descr "On a terminal: a shell, interrupts, end of file, and the status"
}
terminal_body() {
	setup
	# A shell between, which dies of an interrupt at any moment; the one at the terminal may be
	# in the middle of its fork, and forget it.
	atf_check -s exit:5 -o save:shown env SHELL=/bin/sh "$GAOL_TOOLS/ptydrive" jexec x <<-'END'
		expect # 
		send hostname\n
		expect inside
		expect # 
		send sh -c 'echo run""ning; exec sleep 1000'\n
		expect running
		send \x03
		expect # 
		send exit 5\n
		end
	END
	atf_check -s exit:1 grep -q "job control turned off" shown
	# A pipeline's other members keep the terminal.
	atf_check -o match:"^inside" "$GAOL_TOOLS/ptydrive" sh -c 'jexec x hostname | cat' <<-'END'
		end
	END
	done_with
}

atf_init_test_cases() {
	for case in ends through jails users directory_users environment directory commands wrong \
	    signals lifetime terminal; do
		atf_add_test_case $case
	done
}
