#!/usr/bin/env atf-sh
# jail(8): the command line and the life of jails.  The cases carry the numbers of the list
# of FreeBSD's tricky cases, sections 9.3 and 9.4; texts are literal.
. "$(dirname "$0")/env.subr"

setup() {
	gaol_env
	j=/home/j
	gaol_tiny_root $j
}

conf() {
	cat >/etc/jail.conf
}

running() { # NAMES, in the order of jids
	atf_check -o inline:"$(printf '%s ' "$@")" sh -c 'jls name | tr "\n" " "'
}

# Nothing runs, and `leftovers` at the end of the case sees to the rest.
none_running() {
	atf_check jls name
}

case_head() {
	atf_set descr "$1"
}

# ---- 9.3 the command line ------------------------------------------------------------------

atf_test_case case_74
case_74_head() {
	case_head "A jail of the command line is silent, a configured one says created"
}
case_74_body() {
	setup
	atf_check jail -c name=x path=$j persist
	running x
	atf_check jail -r x
	conf <<-END
		x { path = $j; persist; }
	END
	atf_check -o inline:"x: created\n" jail -c x
	atf_check -o inline:"x: removed\n" jail -r x
	none_running
}

atf_test_case case_75
case_75_head() {
	case_head "Two words are parameters, and all unknown ones are said"
}
case_75_body() {
	setup
	atf_check -s exit:1 -e inline:"jail: unknown parameter: foo\njail: unknown parameter: bar\n" \
	    jail -c foo bar
	none_running
}

atf_test_case case_76
case_76_head() {
	case_head "Jails and files that are not there"
}
case_76_body() {
	setup
	atf_check -s exit:1 -e inline:"jail: /etc/jail.conf: No such file or directory\n" jail -c
	atf_check -s exit:1 -e inline:"jail: /etc/jail.conf: No such file or directory\n" jail -c nosuch
	atf_check -s exit:1 -e inline:"jail: \"nosuch\" not found\n" jail -r nosuch
	atf_check jail -c name=x path=$j persist
	atf_check jail -r x
	none_running
	conf <<-END
		x { path = $j; persist; }
	END
	atf_check -s exit:1 -e inline:"jail: \"nosuch\" not found\n" jail -c nosuch
	atf_check -s exit:1 -e inline:"jail: \"x\" not found\n" jail -r x
}

atf_test_case case_77
case_77_head() {
	case_head "A jail that runs: an error for one, a silent skip for all"
}
case_77_body() {
	setup
	conf <<-END
		f { path = $j; persist; }
	END
	atf_check -o inline:"f: created\n" jail -c f
	atf_check -s exit:1 -e inline:"jail: \"f\" already exists\n" jail -c f
	atf_check jail -c
	atf_check jail -c '*'
	atf_check -o inline:"f: removed\n" jail -r f
}

atf_test_case case_78
case_78_head() {
	case_head "-m of all names each that does not run and changes the others"
}
case_78_body() {
	setup
	conf <<-END
		path = $j; persist; host.hostname = new;
		f { } x { } y { }
	END
	atf_check -o inline:"f: created\n" jail -c f
	atf_check -o inline:"y: created\n" jail -c y
	sed -i s/new/other/ /etc/jail.conf
	atf_check -s exit:1 -o inline:"f: updated\ny: updated\n" -e inline:"jail: \"x\" not found\n" jail -m
	atf_check -o inline:"other\nother\n" jls host.hostname
	atf_check -o inline:"y: removed\nf: removed\n" jail -r '*'
}

atf_test_case case_79
case_79_head() {
	case_head "-r '*' is what is configured, -R '*' what runs"
}
case_79_body() {
	setup
	conf <<-END
		path = $j; persist;
		f { exec.prestop = "echo prestop"; } x { }
	END
	atf_check -o inline:"f: created\n" jail -c f
	atf_check jail -c name=other path=$j persist
	atf_check -o inline:"prestop\nf: removed\n" jail -r '*'
	running other
	atf_check -o inline:"f: created\n" jail -c f
	atf_check -o inline:"f: removed\nother: removed\n" jail -R '*'
	none_running
	atf_check jail -R '*'
}

atf_test_case case_80
case_80_head() {
	case_head "-r by the jid of a configured jail runs its commands"
}
case_80_body() {
	setup
	conf <<-END
		f { path = $j; persist; exec.prestop = "echo prestop of \$name"; }
	END
	atf_check -o inline:"f: created\n" jail -c f
	jid=$(jls -j f jid)
	atf_check -o inline:"prestop of f\nf: removed\n" jail -r "$jid"
}

atf_test_case case_81
case_81_head() {
	case_head "A parameter repeated on the command line adds to the list"
}
case_81_body() {
	setup
	atf_check jail -c name=x path=$j ip4.addr=10.0.0.1 ip4.addr=10.0.0.2 persist
	atf_check -o inline:"10.0.0.1,10.0.0.2\n" jls -j x ip4.addr
	atf_check jail -R x
	atf_check jail -c name=x path=$j ip4.addr=10.0.0.3,10.0.0.4 persist
	atf_check -o inline:"10.0.0.3,10.0.0.4\n" jls -j x ip4.addr
	atf_check jail -R x
}

atf_test_case case_82
case_82_head() {
	case_head "command= takes the rest of the line, and its status is always 1"
}
case_82_body() {
	setup
	atf_check -s exit:1 -e inline:"jail: /bin/sh -c exit 3: failed\n" \
	    jail -c path=$j command=/bin/sh -c 'exit 3'
	atf_check -o inline:"a b=c  d\n" jail -c path=$j command=/bin/echo 'a b=c  d'
	atf_check -s exit:1 -e inline:"jail: exec /bin/nosuch: No such file or directory
jail: /bin/nosuch x: failed\n" jail -c path=$j command=/bin/nosuch x
	atf_check -s exit:1 -e inline:"jail: /bin/sh -c kill -9 \$\$: exited on signal 9\n" \
	    jail -c path=$j command=/bin/sh -c 'kill -9 $$'
	none_running
}

atf_test_case case_83
case_83_head() {
	case_head "vnet.interface is split at commas on the command line"
}
case_83_body() {
	setup
	ip link add e0a type veth peer name e0b
	gaol_snapshot
	atf_check jail -c name=x path=$j vnet persist vnet.interface=e0a,e0b
	atf_check -s exit:1 -e ignore ip link show e0a
	atf_check -s exit:1 -e ignore ip link show e0b
	atf_check jail -r x
	wait_for 5 ip link show e0a
	wait_for 5 ip link show e0b
}

atf_test_case case_84
case_84_head() {
	case_head "A jail without a name with exec.poststart and a command goes when they are done"
}
case_84_body() {
	setup
	atf_check jail -c path=/ exec.poststart=true command=/usr/bin/true
	none_running
}

atf_test_case case_85
case_85_head() {
	case_head "-i prints the jid alone, beside what the commands print"
}
case_85_body() {
	setup
	conf <<-END
		f { jid = 42; path = $j; persist; exec.start = "/bin/echo started"; }
	END
	atf_check -o inline:"42\nstarted\n" jail -i -c f
	atf_check jail -q -r f
}

atf_test_case case_86
case_86_head() {
	case_head "-e goes with no other operation and no jail"
}
case_86_body() {
	setup
	conf <<-END
		path = "/srv/\$name";
		a { host.hostname = pre"post"; exec.start = ""; jid = 3; }
		5 { meta = "it's \\"x\\""; }
		"w.*" { persist; }
	END
	for args in '-c' '-m' '-r' '-R' '-C' 'a'; do
		# shellcheck disable=SC2086
		atf_check -s exit:1 -e match:'^usage: jail ' jail -e : $args
	done
	cat >expected <<-'END'
		name=a|path=/srv/a|host.hostname=prepost|exec.start=""
		name=5|path=/srv/5|meta="it's \"x\""
	END
	atf_check -o file:expected jail -e '|'
}

# ---- 9.4 life ---------------------------------------------------------------------------------

atf_test_case case_87
case_87_head() {
	case_head "An empty exec.start keeps the jail until it was not run"
}
case_87_body() {
	setup
	conf <<-END
		f { path = $j; exec.start = ""; }
	END
	atf_check -o inline:"f: created\n" jail -c f
	none_running
}

atf_test_case case_88
case_88_head() {
	case_head "A jail must persist or attach, which is seen after exec.prestart"
}
case_88_body() {
	setup
	conf <<-END
		f { path = $j; exec.prestart = "echo prestart"; exec.poststop = "echo never"; }
	END
	atf_check -s exit:1 -o inline:"prestart\n" -e inline:"jail: f: new jail must persist or attach\n" \
	    jail -c f
	none_running
}

atf_test_case case_89
case_89_head() {
	case_head "The second of three commands fails: removed, nothing else is run"
}
case_89_body() {
	setup
	gaol_net
	mkdir $j/mnt
	conf <<-END
		f {
			path = $j; interface = vtnet0; ip4.addr = 192.168.1.134/24;
			mount = "/usr/ports $j/mnt nullfs ro 0 0";
			exec.start = "/bin/true", "/bin/false", "/bin/echo never";
			exec.poststart = "echo never"; exec.prestop = "echo never";
			exec.stop = "/bin/echo never"; exec.poststop = "echo never"; exec.release = "echo never";
		}
	END
	atf_check -s exit:1 -o inline:"f: created\nf: removed\n" -e inline:"jail: f: /bin/false: failed\n" \
	    jail -c f
	none_running
}

atf_test_case case_90
case_90_head() {
	case_head "exec.prestart fails: aliases and mounts are undone, and there was no jail"
}
case_90_body() {
	setup
	gaol_net
	conf <<-END
		f {
			path = $j; interface = vtnet0; ip4.addr = 192.168.1.134/24; persist;
			exec.prestart = "false"; exec.poststop = "echo never"; exec.release = "echo never";
		}
	END
	atf_check -s exit:1 -e inline:"jail: f: false: failed\n" jail -c f
	none_running
}

atf_test_case case_91
case_91_head() {
	case_head "The second of two mounts fails"
}
case_91_body() {
	setup
	gaol_net
	mkdir $j/a
	conf <<-END
		f {
			path = $j; interface = vtnet0; ip4.addr = 192.168.1.134/24; persist;
			mount = "/usr/ports $j/a nullfs ro 0 0", "/usr/ports $j/nosuch nullfs ro 0 0";
			exec.prestart = "echo never";
		}
	END
	atf_check -s exit:1 -e inline:"jail: f: mount: $j/nosuch: No such file or directory\n" jail -c f
	none_running
}

atf_test_case case_92
case_92_head() {
	case_head "exec.stop or exec.prestop fails: the jail keeps running"
}
case_92_body() {
	setup
	conf <<-END
		f { path = $j; persist; exec.stop = "/bin/false"; exec.poststop = "echo never"; }
	END
	atf_check -o inline:"f: created\n" jail -c f
	atf_check -s exit:1 -e inline:"jail: f: /bin/false: failed\n" jail -r f
	running f
	sed -i 's,exec.stop = "/bin/false",exec.prestop = "false",' /etc/jail.conf
	atf_check -s exit:1 -e inline:"jail: f: false: failed\n" jail -r f
	running f
	atf_check -s exit:1 -e inline:"jail: f: false: failed\n" jail -rc f
	running f
	atf_check jail -R f
}

atf_test_case case_93
case_93_head() {
	case_head "exec.poststop fails: the rest is done, the status is 1"
}
case_93_body() {
	setup
	gaol_net
	conf <<-END
		f {
			path = $j; interface = vtnet0; ip4.addr = 192.168.1.134/24; persist;
			exec.poststop = "false"; exec.release = "echo release";
		}
	END
	atf_check -o inline:"f: created\n" jail -c f
	atf_check -s exit:1 -o inline:"f: removed\nrelease\n" -e inline:"jail: f: false: failed\n" jail -r f
	none_running
}

atf_test_case case_94
case_94_head() {
	case_head "stop.timeout: none, the default, and who had to be killed"
	atf_set timeout 120
}
case_94_body() {
	setup
	conf <<-END
		path = $j;
		exec.start = "/bin/daemon /bin/ignore";
		zero { stop.timeout = 0; }
		one { stop.timeout = 1; }
		ten { }
	END
	atf_check -o inline:"zero: created\none: created\nten: created\n" sh -c '
		for name in zero one ten; do jail -c $name; done'
	before=$(date +%s%N)
	atf_check -o inline:"zero: removed\n" jail -r zero
	after=$(date +%s%N)
	[ $((after - before)) -lt 900000000 ] || atf_fail "zero took $((after - before)) ns"
	atf_check -o inline:"one: removed\n" -e match:'^jail: one: killed after stop.timeout: [0-9]+ \(ignore\)$' \
	    jail -r one
	before=$(date +%s)
	atf_check -o inline:"ten: removed\n" -e match:'^jail: ten: killed after stop.timeout: [0-9]+ \(ignore\)$' \
	    jail -r ten
	after=$(date +%s)
	[ $((after - before)) -ge 10 ] && [ $((after - before)) -le 13 ] || atf_fail "ten took $((after - before)) s"
	none_running
}

atf_test_case case_95
case_95_head() {
	case_head "A trailing & alone means the background, else it is the shell's"
}
case_95_body() {
	setup
	conf <<-END
		f { path = $j; exec.start = "/bin/sleep 600 &"; stop.timeout = 5; }
		g { path = $j; mount.devfs; exec.start = "/bin/true; /bin/sleep 600 &"; stop.timeout = 5; }
	END
	atf_check -o match:'^f: run command in jail: /bin/sleep 600$' jail -v -c f
	running f
	atf_check -o match:'^g: run command in jail: /bin/sh -c /bin/true; /bin/sleep 600 &$' jail -v -c g
	running f g
	atf_check -o inline:"g: removed\n" jail -r g
	atf_check -o inline:"f: removed\n" jail -r f
	none_running
}

atf_test_case case_96
case_96_head() {
	case_head "An assignment needs a shell, which nothing in the text asks for"
}
case_96_body() {
	setup
	conf <<-END
		f { path = $j; exec.start = "A=1 /bin/env"; }
		g { path = $j; exec.start = "A=1 /bin/sh -c '/bin/echo \\\$A'"; }
		h { path = $j; exec.prestart = "A=1 env"; persist; }
	END
	atf_check -s exit:1 -o inline:"f: created\nf: removed\n" \
	    -e inline:"jail: f: exec A=1: No such file or directory\njail: f: A=1 /bin/env: failed\n" jail -c f
	atf_check -o inline:"g: created\n1\n" jail -c g
	atf_check -s exit:1 \
	    -e inline:"jail: h: exec A=1: No such file or directory\njail: h: A=1 env: failed\n" jail -c h
	none_running
}

atf_test_case case_97
case_97_head() {
	case_head "exec.timeout: said, a failure, and the command goes on"
}
case_97_body() {
	setup
	conf <<-END
		f { path = $j; persist; exec.timeout = 1; exec.prestart = "sleep 5"; }
		g { path = $j; exec.timeout = 1; exec.start = "/bin/sleep 300"; }
	END
	atf_check -s exit:1 -e inline:"jail: f: sleep 5: timed out\n" jail -c f
	atf_check -o ignore pgrep -x sleep
	atf_check -s exit:1 -o inline:"g: created\ng: removed\n" \
	    -e inline:"jail: g: /bin/sleep 300: timed out\n" jail -c g
	none_running
	wait_for 10 sh -c '! pgrep -x sleep'
}

atf_test_case case_98
case_98_head() {
	case_head "A missing mount.fstab stops a start and a stop"
}
case_98_body() {
	setup
	echo "/usr/ports $j/home nullfs ro 0 0" >/home/fstab
	conf <<-END
		f { path = $j; persist; mount.fstab = /home/fstab; }
	END
	atf_check -o inline:"f: created\n" jail -c f
	rm /home/fstab
	atf_check -s exit:1 -e inline:"jail: f: mount.fstab: /home/fstab: No such file or directory\n" jail -r f
	running f
	atf_check jail -R f
	atf_check -s exit:1 -e inline:"jail: f: mount.fstab: /home/fstab: No such file or directory\n" jail -c f
	none_running
}

atf_test_case case_99
case_99_head() {
	case_head "depend: starts first, is stopped last"
}
case_99_body() {
	setup
	conf <<-END
		path = $j; persist;
		a { depend = b; } b { exec.start = "/bin/sleep 0.3"; }
	END
	atf_check -o inline:"b: created\na: created\n" jail -c a
	atf_check -o inline:"a: removed\nb: removed\n" jail -r b
	atf_check -o inline:"b: created\na: created\n" jail -c
	atf_check -o inline:"a: removed\n" jail -r a
	running b
	atf_check -o inline:"b: removed\n" jail -r '*'
}

atf_test_case case_100
case_100_head() {
	case_head "A jail that depends on itself"
}
case_100_body() {
	setup
	conf <<-END
		path = $j; persist;
		a { depend = a; }
	END
	atf_check jail -c
	none_running
	conf <<-END
		path = $j; persist;
		a { depend = a; } b { depend = c; } c { }
	END
	atf_check -s exit:1 -o inline:"c: created\nb: created\n" -e inline:"jail: a: dependency loop\n" jail -c
	atf_check -s exit:1 -o inline:"b: removed\nc: removed\n" -e inline:"jail: a: dependency loop\n" \
	    jail -r '*'
}

atf_test_case case_101
case_101_head() {
	case_head "A ring: one has the loop, the others are skipped"
}
case_101_body() {
	setup
	conf <<-END
		path = $j; persist;
		a { depend = b; } b { depend = c; } c { depend = a; } d { }
	END
	atf_check -s exit:1 -o inline:"d: created\n" \
	    -e inline:"jail: a: dependency loop\njail: c: skipped\njail: b: skipped\n" jail -c
	atf_check -s exit:1 -e inline:"jail: a: dependency loop\njail: b: skipped\n" jail -c b
	atf_check jail -R d
}

atf_test_case case_102
case_102_head() {
	case_head "The parent of a dotted name is started first"
}
case_102_body() {
	setup
	conf <<-END
		persist; path = $j;
		p.c { } p { children.max = 2; exec.start = "/bin/sleep 0.3"; }
	END
	atf_check -o inline:"p: created\np.c: created\n" jail -c p.c
	atf_check -o inline:"p.c: removed\np: removed\n" jail -r p
	none_running
}

atf_test_case case_103
case_103_head() {
	case_head "-m and what only a creation can set; -mr restarts"
}
case_103_body() {
	setup
	gaol_tiny_root /home/k
	conf <<-END
		f { path = "$j"; persist; host.hostname = one; }
	END
	atf_check -o inline:"f: created\n" jail -c f
	atf_check -o inline:"f: updated\n" jail -m f
	sed -i 's,/home/j,/home/k,; s/one/two/' /etc/jail.conf
	atf_check -s exit:1 -e inline:"jail: f: path cannot be changed after creation\n" jail -m f
	atf_check -o inline:"one $j\n" jls -j f host.hostname path
	atf_check -o inline:"f: created\n" jail -mr f
	atf_check -o inline:"two /home/k\n" jls -j f host.hostname path
	sed -i s/two/three/ /etc/jail.conf
	atf_check -o inline:"f: updated\n" jail -mr f
	atf_check -o inline:"three /home/k\n" jls -j f host.hostname path
	atf_check -o inline:"f: removed\n" jail -r f
	atf_check -s exit:1 -e inline:"jail: \"f\" not found\n" jail -mr f
	atf_check -o inline:"f: created\n" jail -cmr f
	atf_check -o inline:"f: updated\n" jail -cm f
	atf_check -o inline:"f: removed\n" jail -r f
	atf_check -s exit:1 -e inline:"jail: \"f\" not found\n" jail -rc f
	atf_check -o inline:"f: created\n" jail -cm f
	atf_check -o inline:"f: created\n" jail -rc f
	atf_check -o inline:"f: removed\nf: created\n" sh -c "jail -v -rc f | grep -E '^f: (removed|created)'"
	atf_check -o inline:"f: removed\n" jail -r f
}

atf_test_case case_104
case_104_head() {
	case_head "-m changes the jail's addresses, not the interface's"
}
case_104_body() {
	setup
	gaol_net
	conf <<-END
		f { path = $j; interface = vtnet0; ip4.addr = 192.168.1.134/24; persist; }
	END
	atf_check -o inline:"f: created\n" jail -c f
	atf_check -o match:'inet 192\.168\.1\.134/24' ip -4 addr show vtnet0
	sed -i s/134/135/ /etc/jail.conf
	atf_check -o inline:"f: updated\n" jail -m f
	atf_check -o inline:"192.168.1.135\n" jls -j f ip4.addr
	atf_check -o match:'inet 192\.168\.1\.134/24' -o not-match:'192\.168\.1\.135' ip -4 addr show vtnet0
	atf_check -o inline:"f: removed\n" jail -r f
	atf_check -o not-match:'192\.168\.1\.13[45]' ip -4 addr show vtnet0
}

atf_test_case case_105
case_105_head() {
	case_head "Addresses can be given later to a jail that is restricted to none"
}
case_105_body() {
	setup
	atf_check jail -c name=x path=$j persist
	atf_check jail -m name=x ip4.addr=10.0.0.1
	atf_check -o inline:"10.0.0.1\n" jls -j x ip4.addr
	atf_check jail -R x
	atf_check jail -c name=x path=$j persist ip4=inherit
	atf_check -s exit:1 -e inline:"jail: ip4 cannot be changed after creation\n" \
	    jail -m name=x ip4.addr=10.0.0.1
	atf_check jail -R x
}

# ---- more of sections 1 and 4 --------------------------------------------------------------------

atf_test_case usage
usage_head() {
	case_head "Command lines that are none"
}
usage_body() {
	setup
	for args in '' '-c -R' '-r' '-r a=b' '-n x -r x' '-n x -c' '-n x -c y' '-R -c name=x' '-C -c name=x' \
	    '-C x' '/j h 10.0.0.1' 'j h 10.0.0.1 /bin/sh' '--check -c' '--check a b'; do
		# shellcheck disable=SC2086
		atf_check -s exit:1 -e match:'^usage: jail ' jail $args
	done
	atf_check -s exit:1 -e match:'^jail: illegal option -- x$' jail -x
	atf_check -s exit:1 -e match:'^jail: option requires an argument -- f$' jail -f
	atf_check -s exit:1 -e match:'^jail: unknown option: --nosuch$' jail --nosuch
	atf_check -o match:'^jail \(Gaol\) [0-9]' jail --version
	atf_check -o match:'^claim$' -o match:'^exec.prestart$' jail --steps
	atf_check -o match:'^(yes|no ) cgroup v2 ' jail --doctor
	atf_check -e inline:"jail: the 'allow.dying' parameter and '-d' flag are deprecated and have no effect.\n" \
	    jail -d -c name=x path=$j persist
	atf_check jail -r x
}

atf_test_case quiet
quiet_head() {
	case_head "-q, -v and -i: the last one wins, and what each leaves out"
}
quiet_body() {
	setup
	conf <<-END
		path = $j; persist;
		f { } g { depend = h; } h { exec.prestart = false; }
	END
	atf_check jail -q -c f
	atf_check -s exit:1 jail -q -r g
	atf_check -s exit:1 -e inline:"jail: h: false: failed\n" jail -q -c g
	atf_check -s exit:1 -e inline:"jail: h: false: failed\njail: g: skipped\n" jail -c g
	atf_check jail -v -q -m f
	atf_check -o match:'^f: jail_set\(JAIL_UPDATE\) jid=[0-9]+ name=f persist$' -o match:'^f: updated$' \
	    jail -q -v -m f
	atf_check jail -v -i -r f
	atf_check -o inline:"updated\n" -e ignore sh -c "jail -c name=q path=$j persist; jail -v -m name=q | tail -1"
	atf_check jail -R q
}

atf_test_case verbose
verbose_head() {
	case_head "-v shows each step in order, and --dry-run the same without taking it"
}
verbose_body() {
	setup
	gaol_net
	mkdir $j/mnt
	chmod 700 /home
	conf <<-END
		f {
			path = $j; interface = vtnet0; ip4.addr = "192.168.1.134/24 broadcast 192.168.1.255", 10.0.0.9;
			mount = "/usr/ports $j/mnt nullfs ro 0 0"; mount.devfs; exec.fib = 1;
			host.hostname = "a b"; exec.jail_user = user; exec.system_user = nobody;
			exec.prepare = "true prepare"; exec.prestart = "true prestart"; exec.created = "true created";
			exec.start = "/bin/true start", "/bin/sleep 300 &"; exec.poststart = "true; true";
			exec.prestop = "true prestop"; exec.stop = "/bin/true stop";
			exec.poststop = "true poststop"; exec.release = "true release";
		}
	END
	cat >expected <<-END
		f: exec.fib has no effect on Linux
		f: run command as nobody: true prepare
		f: add 192.168.1.134/24 broadcast 192.168.1.255 on vtnet0
		f: add 10.0.0.9/32 on vtnet0
		f: mount -t nullfs -o ro /usr/ports $j/mnt
		f: mount -t devfs -o ruleset=4 devfs $j/dev
		f: mount -t procfs procfs $j/proc
		f: run command as nobody: true prestart
		f: jail_set(JAIL_CREATE) name=f path=$j ip4.addr=192.168.1.134,10.0.0.9 host.hostname="a b"
		f: created
		f: run command as nobody: true created
		f: run command in jail as user: /bin/true start
		f: run command in jail as user: /bin/sleep 300
		f: run command as nobody: /bin/sh -c true; true
	END
	atf_check -o save:dry jail --dry-run -c f
	atf_check -o file:expected grep -v nopersist dry
	none_running
	# What the kernel cannot close is said with the first jail, and then no more.
	atf_check -o ignore jail -c name=first path=$j persist
	atf_check -o ignore jail -r first
	atf_check -o save:real jail -v -c f
	# The jid is known only to the real one.
	sed 's/jid=[-0-9]*/jid=N/' dry >dry.n
	sed 's/jid=[-0-9]*/jid=N/' real >real.n
	atf_check diff dry.n real.n
	cat >expected <<-END
		f: run command as nobody: true prestop
		f: run command in jail as user: /bin/true stop
		f: removed
		f: run command as nobody: true poststop
		f: run command as nobody: true release
	END
	atf_check -o file:expected jail --dry-run -r f
	running f
	pid=$(pgrep -x -f '/bin/sleep 300')
	atf_check -o save:real jail -v -r f
	atf_check -o file:expected grep -v 'sent SIGTERM' real
	atf_check -o inline:"f: sent SIGTERM to: $pid\n" grep 'sent SIGTERM' real
	none_running
	# What the kernel says no to is shown with its answer.
	atf_check jail -c name=a path=$j persist ip4.addr=127.0.3.1
	atf_check -s exit:1 -o inline:"jail_set(JAIL_CREATE) name=b path=$j ip4.addr=127.0.3.2,127.0.3.1 persist: Address already in use\n" \
	    -e inline:"jail: IPv4 addresses clash\n" \
	    jail -v -c name=b path=$j ip4.addr=127.0.3.2,127.0.3.1 persist
	atf_check -o ignore jail -R a
}

atf_test_case positional
positional_head() {
	case_head "The old form: path hostname addresses command"
}
positional_body() {
	setup
	atf_check -o inline:"h.example\n" jail $j h.example 10.0.0.1,10.0.0.2 /bin/hostname
	atf_check -o inline:"h.example\n" jail -J record $j h.example '' /bin/hostname
	atf_check -o match:"^[0-9]+	$j	h.example		/bin/hostname\$" cat record
	atf_check -s exit:1 -e inline:"jail: /bin/sh -c exit 9: failed\n" \
	    jail -J record $j "h x" 10.0.0.1,10.0.0.2 /bin/sh -c 'exit 9'
	atf_check -o match:"^-1	$j	\"h x\"	10.0.0.1,10.0.0.2	/bin/sh -c \"exit 9\"\$" cat record
	atf_check -o inline:"uid=1000 gid=1000 groups=37,1000\n" jail -U user -s 1 -n n $j h '' /bin/id
	none_running
}

atf_test_case record
record_head() {
	case_head "-J: a line for each jail, made, found, or failed"
}
record_body() {
	setup
	conf <<-END
		path = $j; persist;
		a { } b { exec.start = "/bin/false"; meta = "x y"; }
	END
	atf_check -s exit:1 -o ignore -e ignore jail -J record -c
	atf_check -o inline:"jid=$(jls -j a jid)	name=a	path=$j	persist
jid=-1	name=b	path=$j	persist	exec.start=/bin/false	meta=\"x y\"\n" cat record
	atf_check -s exit:1 -e ignore jail -J record -c a
	atf_check cat record
	atf_check -s exit:1 -e inline:"jail: open /nonexistent/x: No such file or directory\n" \
	    jail -J /nonexistent/x -c b
	atf_check jail -R a
}

atf_test_case users
users_head() {
	case_head "Users and environments of commands"
}
users_body() {
	setup
	cat >expected <<-END
		HOME=/home/user
		PATH=/bin:/usr/bin
		SHELL=/bin/sh
		TERM=dumb
		USER=user
	END
	atf_check -o file:expected sh -c "jail -l -U user -c path=$j command=/bin/env | sort"
	sed 's,/home/user,/root,; s/=user/=root/' expected >expected.root
	atf_check -o file:expected.root sh -c "jail -l -c path=$j command=/bin/env | sort"
	atf_check -o inline:"/home/user\n" jail -l -U user -c path=$j command=/bin/sh -c pwd
	atf_check -o inline:"/\n" jail -U user -c path=$j command=/bin/sh -c pwd
	atf_check -o inline:"/\n" jail -l -c path=$j command=/bin/sh -c pwd
	atf_check -o inline:"JNAME=e\nJPATH=$j\n" \
	    sh -c "jail -c name=e path=$j exec.poststart='env | grep ^J | sort' persist | sed 1d"
	jid=$(jls -j e jid)
	conf <<-END
		e { path = $j; exec.prestop = "env | grep ^J | sort"; exec.stop = "/bin/sh -c '/bin/echo \\\$JID \\\$JNAME \\\$JPATH'";
		    exec.poststop = "echo \\\$JID"; persist; }
	END
	atf_check -o inline:"JID=$jid\nJNAME=e\nJPATH=$j\n$jid e $j\ne: removed\n$jid\n" jail -r e
	atf_check -s exit:1 -e inline:"jail: nosuch: no such user\njail: /bin/id: failed\n" \
	    jail -U nosuch -c path=$j command=/bin/id
	atf_check -s exit:1 -e inline:"jail: nosuch: no such user\njail: id: failed\n" \
	    jail -c path=$j exec.prestart=id exec.system_user=nosuch persist
	atf_check -o inline:"nobody\n" jail -c path=$j exec.prestart='id -un' exec.system_user=nobody command=/bin/true
	atf_check -o inline:"uid=65534 gid=65534 groups=65534\n" jail -u nobody -c path=$j command=/bin/id
	mv $j/etc/passwd $j/etc/no-passwd
	atf_check -s exit:1 -e inline:"jail: unknown uid 0\njail: /bin/true: failed\n" \
	    jail -l -c path=$j command=/bin/true
	none_running
}

atf_test_case consolelog
consolelog_head() {
	case_head "exec.consolelog: added to, made, and never through a link of the jail's"
}
consolelog_body() {
	setup
	conf <<-END
		path = $j; exec.prestart = "echo host";
		f { exec.start = "/bin/echo one", "/bin/sh -c 'echo two >&2'"; exec.consolelog = $j/var/log/console; }
		g { exec.start = "/bin/echo three"; exec.consolelog = /var/log/\$name.log; }
		h { exec.start = "/bin/echo four"; exec.consolelog = relative; }
		i { exec.start = "/bin/echo five"; exec.consolelog = $j/nosuch/console; }
		k { exec.start = "/bin/echo six"; exec.consolelog = $j/var/link; }
		l { exec.start = "/bin/echo seven"; exec.consolelog = $j/var/dir/console; }
		m { exec.start = "/bin/echo eight"; exec.consolelog = $j/var/fifo; }
	END
	atf_check -o inline:"host\nf: created\n" jail -c f
	atf_check -o inline:"host\nf: created\n" jail -c f
	atf_check -o inline:"one\ntwo\none\ntwo\n" cat $j/var/log/console
	atf_check -o inline:"600 0\n" stat -c '%a %u' $j/var/log/console
	atf_check -o inline:"host\ng: created\n" jail -c g
	atf_check -o inline:"three\n" cat /var/log/g.log
	atf_check -s exit:1 -o ignore -e inline:"jail: h: exec.consolelog: relative: not an absolute pathname
jail: h: /bin/echo four: failed\n" jail -c h
	atf_check -s exit:1 -o ignore -e inline:"jail: i: open $j/nosuch/console: No such file or directory
jail: i: /bin/echo five: failed\n" jail -c i
	echo precious >/home/precious
	ln -s /home/precious $j/var/link
	ln -s /var/log $j/var/dir
	mkfifo $j/var/fifo
	atf_check -s exit:1 -o ignore -e inline:"jail: k: exec.consolelog: $j/var/link is a symbolic link
jail: k: /bin/echo six: failed\n" jail -c k
	atf_check -s exit:1 -o ignore -e inline:"jail: l: exec.consolelog: $j/var/dir is a symbolic link
jail: l: /bin/echo seven: failed\n" jail -c l
	atf_check -o inline:"precious\n" cat /home/precious
	atf_check -s exit:1 test -e /var/log/console
	atf_check -s exit:1 -o ignore -e inline:"jail: m: open $j/var/fifo: No such device or address
jail: m: /bin/echo eight: failed\n" jail -c m
	rm $j/var/fifo
	none_running
}

atf_test_case values
values_head() {
	case_head "Wrong values of jail(8)'s own parameters stop starts and stops"
}
values_body() {
	setup
	conf <<-END
		path = $j; persist;
		a { exec.clean = no; } b { exec.timeout = 5x; } c { stop.timeout = ""; } d { path = relative; }
		e { mount = "/usr/ports"; } f { mount = "/a\\\\q\\\\x $j/mnt nullfs"; } g { mount = "/usr/ports mnt nullfs"; }
		h { path = ""; mount.devfs; } i { ip_hostname; host.hostname = nosuch.invalid; }
		k { securelevel = x; vnet = maybe; nosuch = 1; allow.nosuch; }
	END
	while read -r name text; do
		atf_check -s exit:1 -e inline:"jail: $name: $text\n" jail -c "$name"
	done <<-END
		a exec.clean: unknown boolean value "no"
		b exec.timeout: non-integer value "5x"
		c stop.timeout: non-integer value ""
		d path relative: not an absolute pathname
		e mount: /usr/ports: missing information
		g mount: mnt: not an absolute pathname
	END
	atf_check -s exit:1 -e inline:"jail: k: securelevel: non-integer value \"x\"
jail: k: vnet: unknown jailsys value \"maybe\"
jail: k: unknown parameter: nosuch
jail: k: unknown parameter: allow.nosuch\n" jail -c k
	atf_check -s exit:1 -e match:'^jail: i: host.hostname nosuch.invalid: ' jail -c i
	atf_check -s exit:1 -e match:'fstab parse error$' jail -c f
	none_running
	sed 's/exec.clean = no;//' /etc/jail.conf >a.conf
	atf_check -o inline:"a: created\n" jail -f a.conf -c a
	atf_check -s exit:1 -e inline:"jail: a: exec.clean: unknown boolean value \"no\"\n" jail -r a
	running a
	atf_check jail -R a
}

atf_test_case clean_up
clean_up_head() {
	case_head "-C: what follows a removal, for a jail that is gone"
}
clean_up_body() {
	setup
	conf <<-END
		f { path = $j; persist; exec.prestop = "echo prestop"; exec.poststop = "echo poststop"; exec.release = "echo release"; }
	END
	atf_check -o inline:"poststop\nrelease\n" jail -r -C f
	atf_check -o inline:"poststop\nrelease\nf: created\n" jail -c -C f
	atf_check -o inline:"prestop\nf: removed\npoststop\nrelease\n" jail -r -C f
	atf_check -s exit:1 -e inline:"jail: \"nosuch\" not found\n" jail -r -C nosuch
}

atf_test_case wildcards
wildcards_head() {
	case_head "foo.* and its like, for what is configured and for what runs"
}
wildcards_body() {
	setup
	conf <<-END
		path = $j; persist;
		p { children.max = 5; } p.a { } p.b { } q { }
	END
	atf_check -o inline:"p: created\np.a: created\np.b: created\n" jail -c 'p.*'
	atf_check jail -c 'nosuch.*'
	atf_check jail -r '*.nosuch'
	atf_check -o inline:"p.b: removed\np.a: removed\n" jail -r 'p.*'
	atf_check -o inline:"p.a: created\n" jail -c 'p.a'
	atf_check -o inline:"p.a: removed\n" jail -R 'p.*'
	atf_check -o inline:"p.a: created\n" jail -c 'p.a'
	atf_check -o inline:"p.a: removed\np: removed\n" jail -R '*'
	none_running
}

atf_test_case several
several_head() {
	case_head "-r with several names goes on past those that are not there"
}
several_body() {
	setup
	for name in a b; do
		atf_check jail -c name=$name path=$j persist
	done
	atf_check -s exit:1 -o inline:"a: removed\nb: removed\n" -e inline:"jail: \"nosuch\" not found\n" \
	    jail -r a nosuch b
	none_running
}

atf_test_case restart_dependants
restart_dependants_head() {
	case_head "A restart stops those that depend on it, and does not bring them back unasked"
}
restart_dependants_body() {
	setup
	conf <<-END
		path = $j; persist;
		a { depend = b; } b { }
	END
	atf_check -o inline:"b: created\na: created\n" jail -c
	atf_check -o inline:"b: created\n" jail -rc b
	running b
	atf_check -o inline:"a: created\n" jail -c
	atf_check -o inline:"b: created\na: created\n" jail -rc
	atf_check -o inline:"a: removed\nb: removed\n" jail -r '*'
	# The jail of a command line looks at what runs.
	atf_check -s exit:1 -e inline:"jail: depends on nonexistent jail \"b\"\n" \
	    jail -c name=c path=$j persist depend=b
	atf_check -o inline:"b: created\n" jail -c b
	atf_check jail -c name=c path=$j persist depend=b
	atf_check jail -q -R c b
	conf <<-END
		a { path = $j; depend = nosuch; persist; }
	END
	atf_check -s exit:1 -e inline:"jail: a: depends on undefined jail \"nosuch\"\n" jail -c
}

atf_test_case tree
tree_head() {
	case_head "A hundred jails with a tree of dependencies and -p 8: the order holds, commands overlap"
	atf_set timeout 300
}
tree_body() {
	setup
	{
		echo "path = $j; persist; exec.poststart = \"echo start \$name; sleep 0.1; echo end \$name\";"
		echo 'j1 { }'
		for i in $(seq 2 100); do
			echo "j$i { depend = j$((i / 2)); }"
		done
	} | conf
	atf_check -o save:out jail -q -p 8 -c
	atf_check -o inline:"100\n" grep -c '^end' out
	awk '
	$1 == "start" {
		n = substr($2, 2)
		if (n > 1 && !(("j" int(n / 2)) in ended)) { print $2, "started early"; bad = 1 }
		if (++now > most) most = now
	}
	$1 == "end" { now--; ended[$2] = 1 }
	END {
		if (most > 8) { print most, "at once"; bad = 1 }
		if (most < 3) { print "only", most, "at once"; bad = 1 }
		exit bad
	}' out || atf_fail "wrong order"
	jail -r j1 >out || atf_fail "not stopped"
	awk '{
		n = substr($1, 2) + 0
		if (!gone[2 * n] && 2 * n <= 100 || !gone[2 * n + 1] && 2 * n + 1 <= 100) { print $1, "stopped early"; bad = 1 }
		gone[n] = 1
	}
	END { exit bad || NR != 100 }' out || atf_fail "wrong order of stops"
	none_running
}

atf_test_case ready
ready_head() {
	case_head "exec.ready: what depends on a jail waits until it answers"
}
ready_body() {
	setup
	conf <<-END
		path = $j; mount.devfs; persist;
		db {
			exec.start = "/bin/sleep 0.5; /bin/touch /tmp/up &"; exec.ready = "/bin/stat /tmp/up";
			exec.poststart = "echo ready";
		}
		web { depend = db; exec.start = "/bin/echo web"; }
		never { exec.ready = "/bin/false"; exec.ready.timeout = 1; exec.poststart = "echo never"; }
		hangs { exec.ready = "/bin/sleep 100"; exec.ready.timeout = 1; }
	END
	atf_check -o inline:"db: created\nready\nweb: created\nweb\n" jail -c web
	atf_check -s exit:1 -o inline:"never: created\nnever: removed\n" \
	    -e inline:"jail: never: exec.ready: /bin/false: not ready after 1 seconds\n" jail -c never
	atf_check -s exit:1 -o inline:"hangs: created\nhangs: removed\n" \
	    -e inline:"jail: hangs: exec.ready: /bin/sleep 100: not ready after 1 seconds\n" jail -c hangs
	atf_check jail -q -r '*'
	none_running
}

atf_test_case interrupt
interrupt_head() {
	case_head "Ctrl-C and SIGTERM undo what was begun, and end the program by the signal"
}
interrupt_body() {
	setup
	gaol_net
	conf <<-END
		f { path = $j; interface = vtnet0; ip4.addr = 192.168.1.134/24; exec.start = "/bin/sleep 300"; }
		g { path = $j; depend = f; persist; }
	END
	# A shell starts background jobs with SIGINT ignored, and that stays so.
	for signal in TERM HUP; do
		jail -c >out 2>err &
		pid=$!
		wait_for 10 pgrep -f -x '/bin/sleep 300'
		kill -INT $pid
		kill -$signal $pid
		wait $pid
		status=$?
		[ $status -eq $((128 + $(kill -l $signal))) ] || atf_fail "status $status after $signal"
		atf_check -o inline:"f: created\nf: removed\n" cat out
		atf_check cat err
		none_running
	done
	printf 'expect created\nsend \\x03\nexpect removed\nend\n' >steps
	atf_check -s exit:130 -o match:'f: removed$' "$GAOL_TOOLS/ptydrive" jail -c <steps
	none_running
}

atf_test_case terminal
terminal_head() {
	case_head "A shell as command= at a terminal: job control, window size, status"
}
terminal_body() {
	setup
	cat >steps <<-'END'
		expect # 
		send sh -c 'echo g''o1; exec sleep 100'\n
		expect go1
		send \x03
		expect # 
		send sh -c 'echo g''o2; exec sleep 100'\n
		expect go2
		send \x1a
		expect # 
		send jobs\n
		expect topped
		expect # 
		send exit 3\n
		expect stopped jobs
		expect # 
		send exit 3\n
		end
	END
	atf_check -s exit:1 -o match:'^jail: /bin/sh: failed$' \
	    env PS1='# ' PATH="/bin:$PATH" "$GAOL_TOOLS/ptydrive" \
	    "$(command -v jail)" -c path=$j mount.devfs ip4.addr= command=/bin/sh <steps
	printf 'expect # \nsend exit 0\\n\nend\n' >steps
	atf_check -o ignore env PS1='# ' "$GAOL_TOOLS/ptydrive" jail -c path=$j mount.devfs command=/bin/sh <steps
	none_running
}

atf_test_case caret
caret_head() {
	case_head "At a terminal the line and a caret stand under a message, and a likely name"
}
caret_body() {
	setup
	printf 'f { a = b c; }\n' >/etc/jail.conf
	cat >expected <<-END
		jail: /etc/jail.conf line 1: c: syntax error
		      f { a = b c; }
		                ^
	END
	atf_check -s exit:1 -o file:expected sh -c "echo end | $GAOL_TOOLS/ptydrive jail -c"
	atf_check -s exit:1 -e inline:"jail: /etc/jail.conf line 1: c: syntax error\n" jail -c
	printf 'f { pth = /x; persist; }\n' >/etc/jail.conf
	cat >expected <<-END
		jail: f: unknown parameter: pth
		      /etc/jail.conf line 1:
		      f { pth = /x; persist; }
		          ^
		      did you mean path?
	END
	atf_check -s exit:1 -o file:expected sh -c "echo end | $GAOL_TOOLS/ptydrive jail -c"
	atf_check -s exit:1 -e inline:"jail: f: unknown parameter: pth\n" jail -c
	printf 'f { path = "/\033[31mx\303\244"; persist; }\n' >/etc/jail.conf
	atf_check -s exit:1 -o inline:'jail: f: path /\\033[31mxä: No such file or directory\n' \
	    sh -c "echo end | $GAOL_TOOLS/ptydrive jail -c"
}

atf_test_case progress
progress_head() {
	case_head "More than eight jails at a terminal: a line of progress, nowhere else"
}
progress_body() {
	setup
	{
		echo "path = $j; persist;"
		for i in 1 2 3 4 5 6 7 8 9; do
			echo "j$i { }"
		done
	} | conf
	echo end | "$GAOL_TOOLS/ptydrive" jail -c >out || atf_fail "did not start"
	atf_check -o match:'8 done, 0 failed, 1 left: j9' cat out
	atf_check jail -q -r '*'
	for i in 1 2 3 4 5 6 7 8 9; do
		echo "j$i: created"
	done >expected
	atf_check -o file:expected jail -c
	atf_check jail -q -r '*'
}

atf_test_case check_file
check_file_head() {
	case_head "--check: findings by line, and doing as told makes the jail start"
}
check_file_body() {
	setup
	rm -rf $j/etc/rc
	chmod 700 /home
	conf <<-END
		www {
			path = $j;
			exec.start = "/bin/sh /etc/rc";
			exec.prestart = "kldload linux";
			exec.prestart += "sysctl security.jail.allow_raw_sockets=1";
			interface = em0;
			ip4.addr = 10.9.8.7;
			alow.mount;
			allow.nfsd;
			mount = "tank $j/home ufs rw 0 0";
			mount += "/usr/ports $j/nosuch nullfs ro 0 0";
			depend = db;
		}
		db { path = /nonexistent/db; }
	END
	cat >expected <<-END
		/etc/jail.conf:8: error: www: alow.mount: unknown parameter; write: allow.mount
		/etc/jail.conf:9: note: www: allow.nfsd: without effect here: run an NFS server inside; Linux has one, in the host's kernel
		/etc/jail.conf:11: error: www: mount: $j/home: no type ufs in jails of Linux; write: the file system mounted on the host, and its directory with type nullfs
		/etc/jail.conf:11: error: www: mount: $j/nosuch: No such file or directory; write: mkdir -p $j/nosuch
		/etc/jail.conf:6: error: www: interface: no interface em0 on this host; write: ip link add em0 type dummy
		/etc/jail.conf:5: error: www: exec.prestart: kldload is FreeBSD's; write: modprobe
		/etc/jail.conf:5: error: www: exec.prestart: sysctl security.jail.allow_raw_sockets is FreeBSD's; write: the allow.* parameter of the jail
		/etc/jail.conf:3: error: www: exec.start: the jail has no /etc/rc; write: make distribution DESTDIR=$j
		/etc/jail.conf:14: error: db: new jail must persist or attach: it has neither persist nor a command to run; write: persist;
		/etc/jail.conf:14: error: db: path: /nonexistent/db: No such file or directory; write: mkdir -p /nonexistent/db
	END
	atf_check -s exit:1 -o file:expected jail --check
	none_running
	conf <<-END
		www {
			path = $j;
			exec.start = "/bin/sh /etc/rc";
			interface = em0;
			ip4.addr = 10.9.8.7;
			allow.mount;
			allow.nfsd;
			mount += "/usr/ports $j/nosuch nullfs ro 0 0";
			depend = db;
		}
		db { path = /home/db; persist; }
	END
	mkdir $j/nosuch /home/db
	ip link add em0 type veth peer name em1
	echo 'echo rc' >$j/etc/rc
	gaol_snapshot
	atf_check -o match:'note: www: allow.nfsd' -o not-match:error jail --check /etc/jail.conf
	atf_check -o inline:"db: created\nwww: created\nrc\n" \
	    -e inline:"jail: www: allow.mount=true is not in force in this version\n" jail -c
	atf_check -o inline:"db: removed\n" jail -r db
	printf 'a { x = ;\n y { "z; }\n' >bad.conf
	atf_check -s exit:1 -o inline:"bad.conf:1:9: error: ;: syntax error
bad.conf:2:6: error: unterminated string\n" jail --check bad.conf
	atf_check -s exit:1 -o match:'^STDIN:1:12: error: a: path: variable "x" not found$' \
	    sh -c "echo 'a { path = \$x; persist; }' | jail --check -"
	atf_check -s exit:1 -e inline:"jail: nosuch.conf: No such file or directory\n" jail --check nosuch.conf
}

atf_test_case ip_hostname
ip_hostname_head() {
	case_head "-h and ip_hostname: addresses by the host name"
}
ip_hostname_body() {
	setup
	echo "10.7.7.7 seven.example" >>/etc/hosts
	atf_check jail -h -n k -c path=$j host.hostname=seven.example ip4.addr=10.0.0.1 persist
	atf_check -o inline:"10.0.0.1,10.7.7.7\n" jls -j k ip4.addr
	atf_check jail -r k
	conf <<-END
		5 { name = foo; path = $j; persist; host.hostname = seven.example; ip_hostname; exec.prestop = "echo prestop"; }
	END
	atf_check -o inline:"5: created\n" jail -c 5
	atf_check -o inline:"5 foo 10.7.7.7\n" jls -j 5 jid name ip4.addr
	atf_check -o inline:"prestop\n5: removed\n" jail -r foo
	none_running
}

# One usual set-up of FreeBSD: what --check must say of it (a regular expression of one line), and
# with what the jail starts.  $1: a name; $2: the finding; standard input: both files, with ---- between.
setup_of() {
	cat >both
	sed '/^----$/,$d' both >/etc/jail.conf
	jail --check >findings
	grep -q -E "$2" findings || { cat findings; atf_fail "$1: no finding like: $2"; }
	sed '1,/^----$/d' both >/etc/jail.conf
	atf_check -o not-match:': error: ' jail --check
	jail -q -c >out 2>&1 || { cat out; atf_fail "$1: does not start"; }
	atf_check jail -q -R '*'
}

atf_test_case check_setups
check_setups_head() {
	case_head "--check of usual set-ups, and their jails after doing as told"
	atf_set timeout 300
}
check_setups_body() {
	setup
	chmod 700 /home
	mkdir $j/mnt /home/base /home/base/bin /home/base/usr /home/base/usr/bin
	ip link add em0 type veth peer name em1
	gaol_snapshot
	setup_of rc 'jail.conf:1: error: a: exec.start: the jail has no /etc/rc; write: make distribution DESTDIR=/home/j$' <<-END
		a { path = $j; exec.start = "/bin/sh /etc/rc"; }
		----
		a { path = $j; exec.start = "/bin/true"; }
	END
	setup_of interface 'jail.conf:2: error: a: interface: no interface igb0 on this host; write: ' <<-END
		a { path = $j; persist;
		    interface = igb0; ip4.addr = 10.3.3.3; }
		----
		a { path = $j; persist;
		    interface = em0; ip4.addr = 10.3.3.3; }
	END
	setup_of alias 'error: a: ip4.addr: no interface lo1 on this host; write: ' <<-END
		a { path = $j; persist; ip4.addr = "lo1|10.3.3.3/32"; }
		----
		a { path = $j; persist; ip4.addr = "lo|10.3.3.3/32"; }
	END
	setup_of long_name 'interface bridge_of_the_jails0: the name has 20 characters, Linux takes 15; write: bridge_of_the_j$' <<-END
		a { path = $j; persist; interface = bridge_of_the_jails0; ip4.addr = 10.3.3.3; }
		----
		a { path = $j; persist; interface = em1; ip4.addr = 10.3.3.3; }
	END
	setup_of netmask 'error: a: ip4.addr: 10.3.3.3/255.0.255.0: a netmask with holes' <<-END
		a { path = $j; persist; interface = em0; ip4.addr = 10.3.3.3/255.0.255.0; }
		----
		a { path = $j; persist; interface = em0; ip4.addr = 10.3.3.3/255.255.255.0; }
	END
	setup_of kldload 'error: a: exec.prestart: kldload is FreeBSD.s; write: modprobe$' <<-END
		a { path = $j; persist; exec.prestart = "/sbin/kldload -n nullfs || true"; }
		----
		a { path = $j; persist; exec.prestart = "modprobe -n fuse || true"; }
	END
	setup_of epair 'error: a: exec.prestart: ifconfig is FreeBSD.s; write: ip addr, ip link ' <<-END
		a { path = $j; persist; exec.prestart = "ifconfig epair5 create up"; }
		----
		a { path = $j; persist; exec.prestart = "ip link show em0 >/dev/null"; }
	END
	setup_of sysctl 'sysctl security.jail.sysvipc_allowed is FreeBSD.s; write: the allow' <<-END
		a { path = $j; persist; exec.prestart = "/sbin/sysctl -q security.jail.sysvipc_allowed=1"; }
		----
		a { path = $j; persist; allow.sysvipc; }
	END
	setup_of zfs 'error: a: exec.prestart: zfs is FreeBSD.s; write: ' <<-END
		a { path = $j; persist; exec.prestart = "zfs mount tank/jails/a"; }
		----
		a { path = $j; persist; exec.prestart = "true"; }
	END
	setup_of pf 'error: a: exec.poststart: pfctl is FreeBSD.s; write: nft$' <<-END
		a { path = $j; persist; exec.poststart = "echo x | pfctl -f -"; }
		----
		a { path = $j; persist; exec.poststart = "echo x | cat"; }
	END
	setup_of unionfs 'error: a: mount: /home/j/mnt: no type unionfs in jails of Linux; write: an overlay' <<-END
		a { path = $j; persist; mount = "/home/base $j/mnt unionfs rw"; }
		----
		a { path = $j; persist; mount = "/home/base $j/mnt nullfs rw"; }
	END
	setup_of source 'error: a: mount: /home/nosuch: No such file or directory; write: mkdir -p /home/nosuch$' <<-END
		a { path = $j; persist; mount = "/home/nosuch $j/mnt nullfs ro"; }
		----
		a { path = $j; persist; mount = "/home/base $j/mnt nullfs ro"; }
	END
	setup_of outside 'error: a: mount: /mnt lies outside the jail.s path /home/j; write: gaol.mounts = host;$' <<-END
		a { path = $j; persist; mount = "/home/base /mnt nullfs ro"; }
		----
		a { path = $j; persist; mount = "/home/base $j/mnt nullfs ro"; }
	END
	setup_of chflags 'note: a: allow.chflags: without effect here: .*; write: gaol.userns = inherit;$' <<-END
		a { path = $j; persist; allow.chflags; }
		----
		a { path = $j; persist; allow.chflags; gaol.userns = inherit; }
	END
	setup_of bool 'jail.conf:1: error: a: persist: unknown boolean value "yes"; write: true or false$' <<-END
		a { path = $j; persist = yes; }
		----
		a { path = $j; persist = true; }
	END
	setup_of typo 'error: a: host.hostnam: unknown parameter; write: host.hostname$' <<-END
		a { path = $j; persist; host.hostnam = a.example; }
		----
		a { path = $j; persist; host.hostname = a.example; }
	END
	setup_of persist 'error: a: new jail must persist or attach: .*; write: persist;$' <<-END
		a { path = $j; }
		----
		a { path = $j; persist; }
	END
	setup_of relative 'error: a: path: home/j: not an absolute pathname; write: path = "/home/j";$' <<-END
		a { path = home/j; persist; }
		----
		a { path = "/home/j"; persist; }
	END
	ln -s usr/bin /home/base/bin2
	rmdir /home/base/bin
	mv /home/base/bin2 /home/base/bin
	mkdir /home/k /home/k/bin /home/k/usr /home/k/proc
	setup_of merged 'note: a: mount: /home/k/bin is read-only, but lies in /home/base/usr, which is writable: it can be changed by /usr, and packages with files there cannot be installed; write: drop the bin lines: usr covers them$' <<-END
		a { path = /home/k; persist; mount = "/home/base/bin /home/k/bin nullfs ro", "/home/base/usr /home/k/usr nullfs rw"; }
		----
		a { path = /home/k; persist; mount = "/home/base/usr /home/k/usr nullfs rw"; }
	END
	setup_of vnet 'error: a: vnet: vnet jails cannot have IP address restrictions; write: ' <<-END
		a { path = $j; persist; vnet; ip4.addr = 10.3.3.3; }
		----
		a { path = $j; persist; vnet; }
	END
	none_running
}

# ---- 9.5 what the kernel of a prison says ----------------------------------------------------

atf_test_case case_106
case_106_head() {
	case_head "children.max: one too many, and none at all"
}
case_106_body() {
	setup
	atf_check jail -c name=p path=$j persist children.max=1
	atf_check jail -c name=p.a path=$j persist
	atf_check -s exit:1 -e inline:"jail: prison limit exceeded\n" jail -c name=p.b path=$j persist
	atf_check jail -c name=q path=$j persist
	atf_check -s exit:1 -e inline:"jail: jail_set: Operation not permitted\n" \
	    jail -c name=q.a path=$j persist
	running p p.a q
	atf_check -o ignore jail -r p q
	none_running
}

atf_test_case case_107
case_107_head() {
	case_head "One address alone may be shared; beside another it clashes"
}
case_107_body() {
	setup
	atf_check jail -c name=a path=$j persist ip4.addr=127.0.3.1
	atf_check jail -c name=b path=$j persist ip4.addr=127.0.3.1
	atf_check -s exit:1 -e inline:"jail: IPv4 addresses clash\n" \
	    jail -c name=c path=$j persist ip4.addr=127.0.3.2,127.0.3.1
	running a b
	atf_check -o ignore jail -r a b
}

atf_test_case case_108
case_108_head() {
	case_head "The same address twice is invalid; FreeBSD says no more than that"
}
case_108_body() {
	setup
	atf_check -s exit:1 -e inline:"jail: ip4.addr: 10.0.0.1 is there twice\n" \
	    jail -c name=a path=$j persist ip4.addr=10.0.0.1,10.0.0.1
	none_running
}

atf_test_case case_109
case_109_head() {
	case_head "A child of a jail that is not there"
}
case_109_body() {
	setup
	atf_check -s exit:1 -e inline:"jail: jail \"a\" not found\n" jail -c name=a.b path=$j persist
	none_running
}

atf_test_case case_110
case_110_head() {
	case_head "A name of digits is the jid"
}
case_110_body() {
	setup
	atf_check jail -c name=12 path=$j persist
	atf_check -o inline:"12 12\n" jls jid name
	atf_check -s exit:1 -e inline:"jail: name cannot be numeric (unless it is the jid)\n" \
	    jail -c name=14 jid=13 path=$j persist
	atf_check jail -r 12
	none_running
}

atf_test_case case_111
case_111_head() {
	case_head "On the host a child is a.b below a; inside a, where FreeBSD's jls shows b, ours sees no jails"
}
case_111_body() {
	setup
	atf_check jail -c name=a path=/ host.hostname=a persist children.max=1
	atf_check jail -c name=a.b path=$j persist
	a=$(jls -j a jid)
	atf_check -o inline:"a 0\na.b $a\n" jls name parent
	atf_check jexec a jls name
	atf_check -s exit:1 -e match:"^jail: " jexec a jail -r b
	running a a.b
	atf_check jail -r a
	none_running
}

atf_test_case case_112
case_112_head() {
	case_head "The host takes a securelevel back; nobody inside does"
}
case_112_body() {
	setup
	atf_check jail -c name=a path=/ persist securelevel=3
	atf_check -s exit:1 -e match:"^jail: " jexec a jail -m name=a securelevel=1
	atf_check -o inline:"3\n" jls -j a securelevel
	atf_check jail -m name=a securelevel=1
	atf_check -o inline:"1\n" jls -j a securelevel
	atf_check jail -r a
}

atf_test_case case_115
case_115_head() {
	case_head "meta longer than its limit is too large"
}
case_115_body() {
	setup
	long=$(head -c 5000 /dev/zero | tr '\0' x)
	atf_check -s exit:1 -e match:"too large" jail -c name=a path=$j persist meta="$long"
	none_running
	atf_check jail -c name=a path=$j persist meta=short
	atf_check -s exit:1 -e match:"too large" jail -m name=a meta="$long"
	atf_check -o inline:"short\n" jls -j a meta
	atf_check jail -r a
}

# A probe with a socket, inside.
probe() { # OUTPUT JAIL OPERATION...
	out=$1
	in=$2
	shift 2
	atf_check -o inline:"$out" jexec "$in" "$GAOL_TOOLS/sockprobe" "$@"
}

atf_test_case case_116
case_116_head() {
	case_head "The any-address is the jail's one, or stays where it has two"
}
case_116_body() {
	setup
	atf_check jail -c name=a path=/ persist ip4.addr=127.0.3.1
	atf_check jail -c name=b path=/ persist ip4.addr=127.0.3.2,127.0.3.3
	probe "socket: ok\nbind: ok\nname: 127.0.3.1\n" a tcp4 bind=0.0.0.0,0 name
	probe "socket: ok\nbind: ok\nname: 0.0.0.0\n" b tcp4 bind=0.0.0.0,0 name
	atf_check -o ignore jail -r a b
}

atf_test_case case_117
case_117_head() {
	case_head "127.0.0.1 is the primary address, to bind and to connect to"
}
case_117_body() {
	setup
	atf_check jail -c name=a path=/ persist gaol.loopback=address ip4.addr=127.0.3.1
	probe "socket: ok\nbind: ok\nname: 127.0.3.1\n" a tcp4 bind=127.0.0.1,0 name
	probe "socket: ok\nconnect: ok\npeer: 127.0.3.1 9\n" a udp4 connect=127.0.0.1,9 peer
	atf_check jail -r a
}

atf_test_case own_loopback
own_loopback_head() {
	atf_set descr "a jail has a loopback of its own, of both families, as soon as it has an address"
}
own_loopback_body() {
	setup
	gaol_snapshot
	atf_check jail -c name=a path=/ persist ip4.addr=127.0.3.1
	atf_check jail -c name=b path=/ persist
	probe "socket: ok\nbind: ok\nname: 127.0.0.1\n" a tcp4 bind=127.0.0.1,0 name
	# Nobody listens there: the primary address is tried.
	probe "socket: ok\nconnect: ok\nname: 127.0.3.1\npeer: 127.0.3.1 9\n" a udp4 connect=127.0.0.1,9 name peer
	# IPv4 only, and still a V6ONLY server on the any-address is content, and ::1 is there.
	probe "socket: ok\nset: ok\nbind: ok\nname: ::1\n" a tcp6 set=41,26,1 bind=::,0 name
	probe "socket: ok\nbind: ok\nname: ::1\n" a tcp6 bind=::1,0 name
	probe "socket: ok\nconnect: ok\nname: ::1\npeer: ::1 9\n" a udp6 connect=::1,9 name peer
	# Another one, with its first address.
	atf_check jail -m name=b ip4.addr=127.0.3.2
	probe "socket: ok\nbind: ok\nname: 127.0.0.1\n" b tcp4 bind=127.0.0.1,0 name
	probe "socket: ok\nbind: ok\nname: ::1\n" b tcp6 bind=::1,0 name
	# A port of a wildcard is the host's too; not where the jail has the host's own loopback.
	"$GAOL_TOOLS/sockprobe" tcp4 bind=0.0.0.0,7000 listen ready=up wait=end >/dev/null &
	server=$!
	wait_for 10 test -e up
	probe "socket: ok\nbind: ok\nname: 0.0.0.0 7000\n" a tcp4 bind=0.0.0.0,7000 name
	atf_check jail -c name=l path=/ persist ip4.addr=127.0.0.1
	probe "socket: ok\nbind: EADDRINUSE\n" l tcp4 bind=0.0.0.0,7000
	atf_check jail -r l
	touch end
	wait $server
	atf_check jail -c name=e path=/ persist ip4.addr=127.0.3.9 gaol.ports=exclusive
	probe "socket: ok\nbind: ok\nname: 127.0.3.9 7000\n" e tcp4 bind=0.0.0.0,7000 name
	atf_check jail -r e
	# The host never takes such an address as its source.
	atf_check -o match:"fd67:616f:6c00::[0-9a-f]*/128 scope global nodad deprecated" ip -6 addr show dev lo
	atf_check -o ignore jail -r a b
	# None where the host has no IPv6, and nothing else is missing for it.
	sysctl -qw net.ipv6.conf.lo.disable_ipv6=1
	atf_check -o match:"the jail has no ::1: interface lo: .*IPv6 is switched off" \
	    jail -v -c name=a path=/ persist ip4.addr=127.0.3.1
	probe "socket: ok\nbind: ok\nname: 127.0.0.1\n" a tcp4 bind=127.0.0.1,0 name
	atf_check -o ignore jail -r a
	sysctl -qw net.ipv6.conf.lo.disable_ipv6=0
}

atf_test_case case_118
case_118_head() {
	case_head "IPv4 in a jail that has none; IPv6 exists beside IPv4, for its mapped addresses only"
}
case_118_body() {
	setup
	atf_check jail -c name=none path=/ persist
	atf_check jail -c name=four path=/ persist ip4.addr=127.0.3.1
	probe "socket: EPROTONOSUPPORT\n" none tcp4
	probe "socket: EPROTONOSUPPORT\n" none tcp6
	probe "socket: ok\nbind: ok\nname: ::ffff:127.0.3.1\n" four tcp6 bind=::,0 name
	atf_check -o ignore jail -r none four
}

atf_init_test_cases() {
	for n in 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99 100 101 102 \
	    103 104 105 106 107 108 109 110 111 112 115 116 117 118; do
		atf_add_test_case case_$n
	done
	for name in own_loopback usage quiet verbose positional record users consolelog values clean_up wildcards several \
	    restart_dependants tree ready interrupt terminal caret progress check_file ip_hostname \
	    check_setups; do
		atf_add_test_case $name
	done
}
