/* --check: commands, interfaces and ports of this host. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"
#include "jail/address.h"
#include "jail/checkup.h"
#include "jail/hook.h"
#include "prison/param.h"

#define BLANKS " \t\n\r\v\f"

/* ---- commands ------------------------------------------------------------------------------- */

/*
 * FreeBSD's programs that a host of Linux lacks, or has under the same name with
 * another language (`always`).
 */
static const struct program {
	const char *name;
	const char *instead;
	bool always;
} programs[] = {
    {"ifconfig", "ip addr, ip link (or interface, vnet.interface, gaol.epair in jail.conf)", false},
    {"kldload", "modprobe", true},
    {"kldunload", "modprobe -r", true},
    {"kldstat", "lsmod", true},
    {"zfs", "a directory of the host, as path or with type nullfs", false},
    {"zpool", "a directory of the host, as path or with type nullfs", false},
    {"ngctl", "ip link (or gaol.epair in jail.conf)", true},
    {"jng", "gaol.epair in jail.conf", true},
    {"pfctl", "nft", true},
    {"ipfw", "nft", true},
    {"route", "ip route", false},
    {"mdconfig", "losetup", true},
    {"mount_nullfs", "mount -t nullfs, or `mount` in jail.conf", false},
    {"umount_nullfs", "umount", true},
    {"mount_unionfs", "mount -t overlay", true},
    {"cpuset", "taskset", false},
    {"sockstat", "ss -l", true},
    {"procstat", "ps", true},
    {"service", "systemctl", false},
    {"pkg", "apt-get", false},
};

/* First parts of sysctl names that only FreeBSD has. */
static const char *const freebsd_sysctls[] = {"security.", "net.inet.", "net.inet6.", "net.link.",
    "vfs.", "kern.", "hw.", "compat.", "jail."};

static bool
in_path(const char *name)
{
	static const char *const dirs[] = {
	    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
	char file[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", dirs[i], name);
		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

/* FreeBSD's ifconfig has words that net-tools' one lacks. */
static bool
is_freebsd_ifconfig(const char *rest)
{
	static const char *const words[] = {"create", "destroy", "vnet", "-vnet", "inet", "alias",
	    "-alias", "name", "addm", "deletem"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *at = strstr(rest, words[i]);
		size_t n = strlen(words[i]);

		if (at != NULL && at > rest && strchr(BLANKS, at[-1]) != NULL &&
		    (at[n] == '\0' || strchr(BLANKS, at[n]) != NULL))
			return true;
	}
	return false;
}

static void
check_sysctl(struct checkup *c, const struct arg *a, const char *rest)
{
	const char *word = rest + strspn(rest, BLANKS);

	while (*word == '-') {
		word += strcspn(word, BLANKS);
		word += strspn(word, BLANKS);
	}
	for (size_t i = 0; i < ARRAY_SIZE(freebsd_sysctls); i++) {
		if (strncmp(word, freebsd_sysctls[i], strlen(freebsd_sysctls[i])) != 0)
			continue;
		check_error(c, a,
		    strncmp(word, "security.jail.", 14) == 0 ? "the allow.* parameter of the jail"
							     : "nothing, or the sysctl of Linux",
		    "sysctl %.*s is FreeBSD's", (int)strcspn(word, "=" BLANKS), word);
		return;
	}
}

/* One program at the beginning of a command; rest is what follows it. */
static void
check_program(struct checkup *c, const struct arg *a, const char *word, const char *rest)
{
	const char *base = strrchr(word, '/');

	base = base != NULL ? base + 1 : word;
	if (strcmp(base, "sysctl") == 0)
		check_sysctl(c, a, rest);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (strcmp(base, programs[i].name) != 0)
			continue;
		if (programs[i].always || !in_path(base) ||
		    (strcmp(base, "ifconfig") == 0 && is_freebsd_ifconfig(rest)))
			check_error(c, a, programs[i].instead, "%s is FreeBSD's", base);
		return;
	}
	if (word[0] == '/' && access(word, F_OK) < 0)
		check_error(c, a, in_path(base) ? base : NULL, "%s: %s", word, strerror(errno));
}

/* Words before which a command still comes. */
static bool
is_prelude(const char *word)
{
	static const char *const words[] = {"!", "if", "then", "else", "elif", "while", "until",
	    "do", "exec", "env", "command", "time", "nohup", "{"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return strchr(word, '=') != NULL;
}

/* The programs of one command of the host, as far as one can see without being a shell. */
static void
check_host_command(struct checkup *c, const struct arg *a, const char *text)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *piece;

	while (rest != NULL && (piece = strsep(&rest, ";|&()\n")) != NULL) {
		char *word;

		do {
			piece += strspn(piece, BLANKS);
			word = strsep(&piece, BLANKS);
		} while (word != NULL && piece != NULL && is_prelude(word));
		if (word != NULL && word[0] != '\0' && strpbrk(word, "\"'$`\\") == NULL)
			check_program(c, a, word, piece != NULL ? piece : "");
	}
}

/* What to say of a missing /etc/rc: the world brings one. */
static void
check_jail_file(struct checkup *c, const struct arg *a, const char *file)
{
	char host[PATH_MAX];

	if (check_find(c, file, host, sizeof(host)))
		return;
	if (strncmp(file, "/etc/rc", 7) == 0)
		check_error(c, a, check_write("make distribution DESTDIR=%s", c->path),
		    "the jail has no %s", file);
	else
		check_error(c, a, NULL, "the jail has no %s", file);
}

/* The program of a command of the jail, and a script that a shell is given. */
static void
check_jail_command(struct checkup *c, const struct arg *a, const char *text)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *word;

	if (c->path == NULL || copy == NULL || strpbrk(text, "!\"$&'()*;<>?[\\]`{|}~") != NULL)
		return;
	word = strsep(&rest, BLANKS);
	if (word[0] != '/')
		return;
	check_jail_file(c, a, word);
	if (strcmp(word, "/bin/sh") != 0 || rest == NULL)
		return;
	rest += strspn(rest, BLANKS);
	word = strsep(&rest, BLANKS);
	if (word[0] == '/')
		check_jail_file(c, a, word);
}

void
check_commands(struct checkup *c)
{
	for (int h = 0; h < GAOL_HOOK_COUNT; h++) {
		const struct arg *a = args_find(&c->set, hook_param((enum gaol_hook)h));
		bool inside = hook_in_jail((enum gaol_hook)h);

		for (size_t i = 0; a != NULL && i < a->values.n; i++) {
			if (inside)
				check_jail_command(c, a, a->values.s[i]);
			else
				check_host_command(c, a, a->values.s[i]);
		}
	}
}

/* ---- interfaces
 * ---------------------------------------------------------------------------------- */

/* Where the default route goes; else the first that is up and not the loopback; "" if none. */
static const char *
usual_interface(void)
{
	static char name[IF_NAMESIZE];
	cleanup_free char *routes = NULL;
	char *rest, *line;

	name[0] = '\0';
	if (path_read(-1, "/proc/net/route", 1u << 20, &routes, NULL) < 0)
		return name;
	rest = routes;
	while ((line = strsep(&rest, "\n")) != NULL) {
		unsigned destination;
		char found[IF_NAMESIZE];

		if (sscanf(line, "%15s %x", found, &destination) == 2 && destination == 0) {
			(void)snprintf(name, sizeof(name), "%s", found);
			break;
		}
	}
	return name;
}

static void
check_interface(struct checkup *c, const struct arg *a, const char *name)
{
	const char *usual = usual_interface();

	if (strlen(name) >= IF_NAMESIZE) {
		check_error(c, a, check_write("%.*s", IF_NAMESIZE - 1, name),
		    "interface %s: the name has %zu characters, Linux takes %d", name, strlen(name),
		    IF_NAMESIZE - 1);
		return;
	}
	if (if_nametoindex(name) != 0)
		return;
	check_error(c, a,
	    a->row->type == PARAM_LIST
		? check_write("exec.prestart += \"ip link add %s type veth peer name %.*s0\";",
		      name, IF_NAMESIZE - 2, name)
	    : usual[0] != '\0' ? check_write("%s", usual)
			       : check_write("ip link add %s type dummy", name),
	    "no interface %s on this host", name);
}

static bool
has_vnet(const struct checkup *c)
{
	const char *value = args_string(&c->set, "vnet");

	if (args_find(&c->set, "vnet") == NULL)
		return false;
	return value == NULL || param_jailsys_from_text(value) == 1 || strcmp(value, "1") == 0;
}

static void
check_addresses(struct checkup *c, const char *param, int family, bool *ret_used)
{
	const struct arg *a = args_find(&c->set, param);

	for (size_t i = 0; a != NULL && i < a->values.n; i++) {
		struct address split = {0};
		unsigned char raw[sizeof(struct in6_addr)];
		struct err e = {0};
		int length;

		if (a->values.s[i][0] == '\0' || address_split(a->values.s[i], &split) < 0)
			continue;
		if (split.ifname != NULL && split.ifname[0] != '\0')
			check_interface(c, a, split.ifname);
		else
			*ret_used = true;
		if (inet_pton(family, split.literal, raw) != 1 && strcmp(split.literal, "-") != 0)
			check_error(c, a, NULL, "not an %s address: %s",
			    family == AF_INET ? "IPv4" : "IPv6", split.literal);
		else if (address_prefixlen(family, &split, &length, &e) < 0)
			check_error(c, a, NULL, "%s", e.text + strlen(param) + 2);
		address_done(&split);
	}
}

void
check_interfaces(struct checkup *c)
{
	const struct arg *a = args_find(&c->set, "interface");
	const struct arg *moved = args_find(&c->set, "vnet.interface");
	const char *name = args_string(&c->set, "interface");
	bool used = args_bool(&c->set, "ip_hostname", false);

	check_addresses(c, "ip4.addr", AF_INET, &used);
	check_addresses(c, "ip6.addr", AF_INET6, &used);
	if (used && name != NULL && name[0] != '\0')
		check_interface(c, a, name);
	for (size_t i = 0; moved != NULL && i < moved->values.n; i++)
		check_interface(c, moved, moved->values.s[i]);
	if (has_vnet(c) &&
	    (args_find(&c->set, "ip4.addr") != NULL || args_find(&c->set, "ip6.addr") != NULL))
		check_error(c, args_find(&c->set, "vnet"),
		    "the addresses in the jail's own network configuration",
		    "vnet jails cannot have IP address restrictions");
}

/* ---- ports
 * ------------------------------------------------------------------------------------------ */

/* The listeners of one table of procfs that would be in the way of this address. */
static void
add_ports(const char *table, const char *any, const char *own, struct str *list)
{
	cleanup_free char *text = NULL;
	char *rest, *line;

	if (path_read(-1, table, 16u << 20, &text, NULL) < 0)
		return;
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char address[64];
		unsigned port, state;

		if (sscanf(line, "%*d: %63[0-9A-F]:%x %*s %x", address, &port, &state) != 3 ||
		    state != 0x0a)
			continue;
		if (strcmp(address, any) != 0 && (own == NULL || strcmp(address, own) != 0))
			continue;
		(void)str_addf(list, "%s%u", list->len > 0 ? ", " : "", port);
	}
}

/* The address as /proc/net/tcp writes it. */
static bool
as_procfs(const char *literal, char *buf, size_t size)
{
	struct in_addr in;

	return inet_pton(AF_INET, literal, &in) == 1 && snprintf(buf, size, "%08X", in.s_addr) == 8;
}

/*
 * A daemon of the host that listens on every address holds its port on the jail's too,
 * which FreeBSD allows both.
 */
void
check_ports(struct checkup *c)
{
	const struct arg *a = args_find(&c->set, "ip4.addr");

	if (has_vnet(c))
		return;
	for (size_t i = 0; a != NULL && i < a->values.n; i++) {
		cleanup_str struct str ports = STR_EMPTY;
		struct address split = {0};
		char own[16];

		if (address_split(a->values.s[i], &split) < 0)
			continue;
		if (as_procfs(split.literal, own, sizeof(own))) {
			add_ports("/proc/net/tcp", "00000000", own, &ports);
			add_ports(
			    "/proc/net/tcp6", "00000000000000000000000000000000", NULL, &ports);
		}
		if (ports.len > 0)
			check_note(c, a, "the host's daemons bound to addresses of the host",
			    "the host listens on every address at port %s, which the jail cannot "
			    "use "
			    "then",
			    ports.s);
		address_done(&split);
	}
}
