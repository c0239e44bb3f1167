#!/usr/bin/env atf-sh
# Two jails as quickstart makes them: what root of one can do to the shared userland and to the other.
. "$(dirname "$0")/env.subr"

# Of everything but what is mounted: contents, owners, modes, links.
hashes() { # DIRECTORY...
	find "$@" -xdev \( -type f -o -type l -o -type d \) -printf '%p %m %U %G %s %l %n\n' | sort
	find "$@" -xdev -type f -print0 | sort -z | xargs -0 sha256sum
}

atf_test_case trespass
trespass_head() {
	atf_set descr "As root of one jail every path of the base and of the other is tried: nothing changes"
	atf_set timeout 1200
}
trespass_body() {
	gaol_env
	gaol_base /home/jail/base
	for i in one two; do
		mkdir -p /home/jail/$i/usr /home/jail/$i/dev /home/jail/$i/tmp
		cp -a /home/jail/base/etc /home/jail/base/var /home/jail/base/home /home/jail/base/root \
		    /home/jail/$i/
		for l in bin lib sbin; do
			ln -s usr/$l /home/jail/$i/$l
		done
	done
	chmod 0700 /home/jail
	cp "$GAOL_TOOLS/trespass" /home/jail/one/tmp/
	ip link set lo up
	sed 's/^exec\.st.*;$//' "$GAOL_TESTS/../examples/quickstart.jail.conf" >/etc/jail.conf
	hashes /home/jail/base /home/jail/two >before
	echo "persist;" >>/etc/jail.conf
	atf_check -o inline:"one: created\ntwo: created\n" jail -c
	# Its own files it may change; the userland it shares, and all that is mounted, it may not.
	atf_check -o inline:"tried over a thousand paths\n" jexec one /tmp/trespass /usr
	# The other is not there at all.
	atf_check -s not-exit:0 -o ignore -e match:"No such file" jexec one ls /home/jail
	atf_check -o ignore jail -R one two
	rm -f /home/jail/one/tmp/trespass
	hashes /home/jail/base /home/jail/two >after
	atf_check cmp before after
}

atf_init_test_cases() {
	atf_add_test_case trespass
}
