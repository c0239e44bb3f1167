# Reads apt sources files, one-line (*.list) and deb822 (*.sources), and prints as
# deb822 what belongs to the distribution's own archive:
#
#	awk -v codename=bookworm -f sources.awk FILE...
#
# A third party's archive does not belong in every jail, and its key is not in
# there; each one left out is named on standard error.

function archive_suite(s)
{
	return s ~ ("^(" codename "|stable|oldstable|testing|unstable|sid)([-/].*)?$")
}

# Cloud images name a list of mirrors that is a file of the host's; a jail has no
# such file.
function plain_uri(uri,    file, line)
{
	if (uri !~ /^mirror\+file:/)
		return uri
	file = uri
	sub(/^mirror\+file:\/*/, "/", file)
	while ((getline line < file) > 0) {
		sub(/[ \t]*(#.*)?$/, "", line)
		sub(/[ \t].*$/, "", line)
		if (line != "") {
			close(file)
			return line
		}
	}
	close(file)
	return ""
}

function emit(uris, suites, comps, signed, archs,    n, i, a, u, s)
{
	n = split(suites, a, /[ \t]+/)
	for (i = 1; i <= n; i++)
		if (archive_suite(a[i]))
			s = s (s == "" ? "" : " ") a[i]
	n = split(uris, a, /[ \t]+/)
	for (i = 1; i <= n; i++)
		if (a[i] !~ /^cdrom:/ && plain_uri(a[i]) != "")
			u = u (u == "" ? "" : " ") plain_uri(a[i])
	if (s == "" || u == "" || (signed != "" && signed !~ /^\/usr\/share\/keyrings\/[a-z]*-archive-[^ ]*$/)) {
		printf "world: apt source left out: %s %s\n", uris, suites > "/dev/stderr"
		return
	}
	if (seen[u, s, comps]++)
		return
	printf "%sTypes: deb\nURIs: %s\nSuites: %s\n", (count++ ? "\n" : ""), u, s
	if (comps != "")
		printf "Components: %s\n", comps
	if (archs != "")
		printf "Architectures: %s\n", archs
	if (signed != "")
		printf "Signed-By: %s\n", signed
}

function flush_stanza()
{
	if (f["types"] ~ /(^|[ \t])deb([ \t]|$)/ && tolower(f["enabled"]) !~ /^(no|false|0|off|without|disable)$/)
		emit(f["uris"], f["suites"], f["components"], f["signed-by"], f["architectures"])
	split("", f)
	key = ""
}

function option(opts, name,    n, i, a)
{
	n = split(opts, a, /[ \t]+/)
	for (i = 1; i <= n; i++)
		if (index(a[i], name "=") == 1)
			return substr(a[i], length(name) + 2)
	return ""
}

function one_line(line,    opts, n, i, a, comps)
{
	sub(/#.*/, "", line)
	if (line !~ /^[ \t]*deb[ \t]/)
		return
	sub(/^[ \t]*deb[ \t]+/, "", line)
	if (match(line, /^\[[^]]*\]/)) {
		opts = substr(line, 2, RLENGTH - 2)
		line = substr(line, RLENGTH + 1)
	}
	sub(/^[ \t]+/, "", line)
	sub(/[ \t]+$/, "", line)
	n = split(line, a, /[ \t]+/)
	for (i = 3; i <= n; i++)
		comps = comps (comps == "" ? "" : " ") a[i]
	emit(a[1], a[2], comps, option(opts, "signed-by"), option(opts, "arch"))
}

FNR == 1 && NR > 1 {
	flush_stanza()
}

FILENAME ~ /\.list$/ {
	one_line($0)
	next
}

/^#/ {
	next
}

/^[ \t]*$/ {
	flush_stanza()
	next
}

/^[ \t]/ {
	sub(/^[ \t]+/, "")
	f[key] = f[key] (f[key] == "" ? "" : " ") $0
	next
}

{
	key = tolower($0)
	sub(/:.*/, "", key)
	value = $0
	sub(/^[^:]*:[ \t]*/, "", value)
	sub(/[ \t]+$/, "", value)
	f[key] = value
}

END {
	flush_stanza()
}
