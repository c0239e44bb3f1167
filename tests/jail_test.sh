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

atf_init_test_cases() {
	for n in 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99 100 101 102 \
	    103 104 105; do
		atf_add_test_case case_$n
	done
}
