/*
 * bpfctl STATEDIR CGROUP COMMAND...: the functions of src/bpf one by one, for the tests.
 *
 *	load LOADER [-v]	load-wait LOADER FILE (with all open until FILE is there)	open
 *unload	count prison CGROUP jid=N [FLAG]... [devset=N] [userns=N] [loop4=A] [loop6=A]
 *[ip4=A,A...] [ip6=A,...] host CGROUP	addrs CGROUP [ip4=...] [ip6=...]	del CGROUP	get
 *CGROUP raw CGROUP	raw-off CGROUP	udp	udp-off	unix	devset N
 *[TYPE,ACCESS,MAJOR,FIRST,LAST]... devset-del N Errors are printed as "NAME: text", status 1.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "bpf/bpf.h"

static const struct {
	const char *name;
	uint32_t flag;
} flag_names[] = {
    {"ip4=inherit", BPF_PRISON_IP4_INHERIT},
    {"ip6=inherit", BPF_PRISON_IP6_INHERIT},
    {"vnet", BPF_PRISON_VNET},
    {"reserved_ports", BPF_PRISON_RESERVED_PORTS},
    {"raw_sockets", BPF_PRISON_RAW_SOCKETS},
    {"socket_af", BPF_PRISON_SOCKET_AF},
    {"nosaddrsel4", BPF_PRISON_NOSADDRSEL4},
    {"nosaddrsel6", BPF_PRISON_NOSADDRSEL6},
    {"loop_private", BPF_PRISON_LOOP_PRIVATE},
    {"ports_shared", BPF_PRISON_PORTS_SHARED},
};

struct args {
	struct bpf_prison prison;
	struct in_addr v4[BPF_ADDRS_MAX];
	struct in6_addr v6[BPF_ADDRS_MAX];
	struct bpf_addrs addrs;
};

static _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "bpfctl: %s\n", what);
	exit(2);
}

static uint32_t
number(const char *s)
{
	char *end;
	unsigned long v = strtoul(s, &end, 0);

	if (*s == '\0' || *end != '\0' || v > UINT32_MAX)
		die(s);
	return (uint32_t)v;
}

static int
cgroup_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

static uint64_t
cgroup_id(const char *path)
{
	int cleanup_fd fd = cgroup_open(path);
	uint64_t id;

	if (bpf_cgroup_id(fd, &id, NULL) < 0)
		die(path);
	return id;
}

static void
parse_list(struct args *a, int family, char *list)
{
	char *one;

	while ((one = strsep(&list, ",")) != NULL) {
		if (*one == '\0')
			continue;
		if (family == AF_INET ? a->addrs.n4 == BPF_ADDRS_MAX : a->addrs.n6 == BPF_ADDRS_MAX)
			die("too many addresses for bpfctl");
		if (inet_pton(family, one,
			family == AF_INET ? (void *)&a->v4[a->addrs.n4++]
					  : (void *)&a->v6[a->addrs.n6++]) != 1)
			die(one);
	}
}

static void
parse_arg(struct args *a, char *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (strcmp(arg, flag_names[i].name) == 0) {
			a->prison.flags |= flag_names[i].flag;
			return;
		}
	if (strncmp(arg, "ip4=", 4) == 0)
		parse_list(a, AF_INET, arg + 4);
	else if (strncmp(arg, "ip6=", 4) == 0)
		parse_list(a, AF_INET6, arg + 4);
	else if (strncmp(arg, "jid=", 4) == 0)
		a->prison.jid = number(arg + 4);
	else if (strncmp(arg, "devset=", 7) == 0)
		a->prison.devset = number(arg + 7);
	else if (strncmp(arg, "userns=", 7) == 0)
		a->prison.userns_level = number(arg + 7);
	else if (strncmp(arg, "loop4=", 6) != 0 && strncmp(arg, "loop6=", 6) != 0)
		die(arg);
	else if (inet_pton(arg[4] == '4' ? AF_INET : AF_INET6, arg + 6,
		     arg[4] == '4' ? (void *)&a->prison.loop4 : (void *)a->prison.loop6) != 1)
		die(arg);
}

static void
parse_args(struct args *a, int argc, char **argv)
{
	memset(a, 0, sizeof(*a));
	a->addrs.v4 = a->v4;
	a->addrs.v6 = a->v6;
	for (int i = 0; i < argc; i++)
		parse_arg(a, argv[i]);
}

static void
print_prison(const struct bpf_prison *p)
{
	char a4[INET_ADDRSTRLEN], a6[INET6_ADDRSTRLEN];

	(void)printf("jid %u n4 %u n6 %u primary4 %s primary6 %s devset %u flags %#x\n", p->jid,
	    p->n4, p->n6, inet_ntop(AF_INET, &p->primary4, a4, sizeof(a4)),
	    inet_ntop(AF_INET6, p->primary6, a6, sizeof(a6)), p->devset, p->flags);
}

static int
do_devset(const struct bpf_fds *fds, int argc, char **argv, struct err *e)
{
	static struct bpf_dev_rule rules[BPF_DEV_RULES_MAX + 1];
	int n = 0;

	for (int i = 1; i < argc && n <= BPF_DEV_RULES_MAX; i++, n++) {
		char *s = argv[i];
		uint32_t v[5];

		for (int k = 0; k < 5; k++)
			v[k] = number(s == NULL ? "" : strsep(&s, ","));
		rules[n] = (struct bpf_dev_rule){(uint16_t)v[0], (uint16_t)v[1], v[2], v[3], v[4]};
	}
	return bpf_devset_put(fds, number(argv[0]), rules, (size_t)n, e);
}

static int
on_maps(const struct bpf_fds *fds, const char *cmd, int argc, char **argv, struct err *e)
{
	static struct args a;
	struct bpf_prison p;
	size_t n;
	int rc;

	if (strcmp(cmd, "count") == 0) {
		rc = bpf_prison_count(fds, &n, e);
		if (rc == 0)
			(void)printf("%zu\n", n);
		return rc;
	}
	if (argc < 1)
		die(cmd);
	if (strcmp(cmd, "devset") == 0)
		return do_devset(fds, argc, argv, e);
	if (strcmp(cmd, "devset-del") == 0)
		return bpf_devset_del(fds, number(argv[0]), e);
	if (strcmp(cmd, "host") == 0)
		return bpf_prison_put_host(fds, cgroup_id(argv[0]), e);
	if (strcmp(cmd, "del") == 0)
		return bpf_prison_del(fds, cgroup_id(argv[0]), e);
	if (strcmp(cmd, "get") == 0) {
		rc = bpf_prison_get(fds, cgroup_id(argv[0]), &p, e);
		if (rc == 0)
			print_prison(&p);
		return rc;
	}
	parse_args(&a, argc - 1, argv + 1);
	if (strcmp(cmd, "addrs") == 0)
		return bpf_addrs_set(fds, cgroup_id(argv[0]), &a.addrs, e);
	if (strcmp(cmd, "prison") == 0)
		return bpf_prison_put(fds, cgroup_id(argv[0]), &a.prison, &a.addrs, e);
	die(cmd);
}

int
main(int argc, char **argv)
{
	struct bpf_fds cleanup_bpf_fds fds = BPF_FDS_EMPTY;
	struct err e = {0};
	int rc;

	if (argc < 4)
		die("usage: bpfctl statedir cgroup command ...");

	int cleanup_fd state = cgroup_open(argv[1]);
	int cleanup_fd cgroup = cgroup_open(argv[2]);

	if (strcmp(argv[3], "load-wait") == 0 && argc == 6) {
		rc = bpf_load_via(argv[4], state, cgroup, 0, &e);
		for (int i = 0; i < 1000 && access(argv[5], F_OK) < 0; i++)
			(void)usleep(10000);
	} else if (strcmp(argv[3], "load") == 0 && argc >= 5) {
		rc = bpf_load_via(argv[4], state, cgroup, argc > 5 ? BPF_LOAD_VERBOSE : 0, &e);
	} else if (argc == 5 && strncmp(argv[3], "raw", 3) == 0) {
		int cleanup_fd jail = cgroup_open(argv[4]);

		rc = strcmp(argv[3], "raw") == 0 ? bpf_raw_attach(state, cgroup, jail, &e)
						 : bpf_raw_detach(jail, &e);
	} else if (strcmp(argv[3], "udp") == 0) {
		rc = bpf_udp_attach(state, cgroup, &e);
	} else if (strcmp(argv[3], "unix") == 0) {
		rc = 0;
		(void)puts(bpf_unix_is_closed(cgroup) ? "closed" : "open");
	} else if (strcmp(argv[3], "unload") == 0) {
		rc = bpf_unload(state, cgroup, &e);
	} else {
		rc = bpf_open(state, cgroup, &fds, &e);
		if (rc == 0 && strcmp(argv[3], "udp-off") == 0)
			rc = bpf_udp_release(&fds, cgroup, &e);
		else if (rc == 0 && strcmp(argv[3], "open") != 0)
			rc = on_maps(&fds, argv[3], argc - 4, argv + 4, &e);
	}
	if (rc < 0) {
		(void)printf("%s: %s\n", strerrorname_np(-rc), e.text);
		return 1;
	}
	return 0;
}
