#!/usr/bin/env atf-sh
# The completions of bash, as they are installed, asked without a terminal.
. "$(dirname "$0")/env.subr"

# complete WORD...: what is offered for the last word, a line each.
offer() {
	bash -c '
	cd "$1" || exit 1
	. "./$2" || exit 1
	shift
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	function=$(complete -p "$1" | sed "s/.*-F \([^ ]*\).*/\1/")
	$function
	printf "%s\n" "${COMPREPLY[@]}"' bash "$GAOL_STAGE/share/bash-completion/completions" "$@"
}

setup() {
	command -v bash >/dev/null || atf_skip "no bash"
	gaol_env
	gaol_tiny_root /home/j
}

atf_test_case parameters
parameters_head() {
	atf_set descr "Parameters are those of the table"
}
parameters_body() {
	setup
	offer jls '' | sort >offered
	jls -h all | tr ' ' '\n' >all
	echo all >>all
	sort -o all all
	atf_check -o file:all cat offered
	offer jls host.host >offered
	atf_check -o inline:"host.hostid\nhost.hostname\nhost.hostuuid\n" cat offered
	offer jls - >offered
	atf_check -o match:"^-v$" cat offered
}

atf_test_case names
names_head() {
	atf_set descr "Names of jails are offered and quoted, and nothing in them is run"
}
names_body() {
	setup
	atf_check jail -c name=net path=/home/j persist
	atf_check jail -c name="my jail" path=/home/j persist
	# shellcheck disable=SC2016
	atf_check jail -c name='$(touch /tmp/run)' path=/home/j persist
	for words in "jls -j" "jexec" "jexec -l -U user"; do
		# shellcheck disable=SC2086
		offer $words '' >offered
		atf_check -o inline:'net\nmy\\ jail\n\\$\\(touch\\ /tmp/run\\)\n' cat offered
		# shellcheck disable=SC2086
		offer $words n >offered
		atf_check -o inline:"net\n" cat offered
	done
	[ ! -e /tmp/run ] || atf_fail "a name was run"
	offer jexec -u roo >offered
	atf_check -o inline:"root\n" cat offered
	offer jexec net ls >offered
	atf_check -o match:"^ls$" cat offered
	atf_check -o ignore jail -R '*'
}

atf_init_test_cases() {
	atf_add_test_case parameters
	atf_add_test_case names
}
