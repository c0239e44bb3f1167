/*
 * Compiles the system call filter, when Gaol is built: seccomp-gen MACHINE > FILE.c
 *
 * The kernel runs a new filter for every system call number there is, to learn which
 * calls it always allows.  So the length of the way through it is what installing
 * costs, and a jail installs one for each process that enters.  Calls are therefore
 * found by a search tree, the cheapest one over the numbers (weights: how many numbers
 * lie in an interval), not by a chain of comparisons.
 *
 * libseccomp gives the numbers, not the code: its tree cannot share the answers that
 * seccomp.c changes, nor look at the low half of an argument alone.
 */
#include <asm/ioctls.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "prison/seccomp-image.h"

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef AF_SMC
#define AF_SMC 43
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* ---- what is decided ------------------------------------------------------------ */

/* Places in the program.  Answers first, the classes in their own order. */
enum label {
	L_NEXT, /* the following instruction */
	L_ALLOW,
	L_EPERM,
	L_ENOSYS,
	L_KILL,
	L_CLASS,
	L_CLASS_END = L_CLASS + SECCOMP_CLASS_COUNT,
	/* Checks of arguments. */
	L_IOCTL = L_CLASS_END,
	L_UNSHARE,
	L_CLONE,
	L_PRLIMIT,
	L_SOCKET,
	L_SOCKET_INET,
	L_SOCKET_NETLINK,
	L_SOCKETCALL,
	L_IPC,
	L_IPC_SHM,
	L_FIRST_FREE,
	L_MAX = 2000,
};

#define CLASS(name) (enum label)(L_CLASS + SECCOMP_CLASS_##name)

/* What each class answers while it is closed. */
static const uint32_t closed[SECCOMP_CLASS_COUNT] = {
    /* As FreeBSD answers for families that a jail may not use: programs fall back on this. */
    [SECCOMP_CLASS_PACKET] = SECCOMP_RET_ERRNO | EPROTONOSUPPORT,
    [SECCOMP_CLASS_FAMILIES] = SECCOMP_RET_ERRNO | EPROTONOSUPPORT,
    [SECCOMP_CLASS_NETLINK] = SECCOMP_RET_ERRNO | EPROTONOSUPPORT,
    [SECCOMP_CLASS_AUDIT] = SECCOMP_RET_ERRNO | EPROTONOSUPPORT,
    [SECCOMP_CLASS_SOCKETCALL] = SECCOMP_RET_ERRNO | EPROTONOSUPPORT,
    [SECCOMP_CLASS_HOSTNAME] = SECCOMP_RET_ERRNO | EPERM,
    [SECCOMP_CLASS_MSGBUF] = SECCOMP_RET_ERRNO | EPERM,
    [SECCOMP_CLASS_SYSVMSG] = SECCOMP_RET_ERRNO | ENOSYS,
    [SECCOMP_CLASS_SYSVSEM] = SECCOMP_RET_ERRNO | ENOSYS,
    [SECCOMP_CLASS_SYSVSHM] = SECCOMP_RET_ERRNO | ENOSYS,
    [SECCOMP_CLASS_RAW] = SECCOMP_RET_ALLOW,
};

static const struct rule {
	const char *name;
	enum label to;
} rules[] = {
    {"ioctl", L_IOCTL},
    {"clone", L_CLONE},
    {"unshare", L_UNSHARE},
    {"setns", L_EPERM},
    {"clone3", L_ENOSYS},
    {"prlimit64", L_PRLIMIT},

    /* Makes sockets, opens and connects behind every hook of ours. */
    {"io_uring_setup", L_ENOSYS},
    {"io_uring_enter", L_ENOSYS},
    {"io_uring_register", L_ENOSYS},

    /* Keys belong to uids and sessions, not to jails. */
    {"add_key", L_EPERM},
    {"request_key", L_EPERM},
    {"keyctl", L_EPERM},

    /* A handle names any file of the filesystem, outside the jail's root too. */
    {"open_by_handle_at", L_EPERM},

    {"bpf", L_EPERM},
    {"perf_event_open", L_EPERM},
    {"userfaultfd", L_EPERM},
    {"kexec_load", L_EPERM},
    {"kexec_file_load", L_EPERM},
    {"init_module", L_EPERM},
    {"finit_module", L_EPERM},
    {"delete_module", L_EPERM},
    {"swapon", L_EPERM},
    {"swapoff", L_EPERM},
    {"acct", L_EPERM},

    {"socket", L_SOCKET},
    {"socketpair", L_SOCKET},
    {"socketcall", L_SOCKETCALL},

    {"sethostname", CLASS(HOSTNAME)},
    {"setdomainname", CLASS(HOSTNAME)},
    {"syslog", CLASS(MSGBUF)},

    {"msgget", CLASS(SYSVMSG)},
    {"msgctl", CLASS(SYSVMSG)},
    {"msgsnd", CLASS(SYSVMSG)},
    {"msgrcv", CLASS(SYSVMSG)},
    {"semget", CLASS(SYSVSEM)},
    {"semctl", CLASS(SYSVSEM)},
    {"semop", CLASS(SYSVSEM)},
    {"semtimedop", CLASS(SYSVSEM)},
    {"semtimedop_time64", CLASS(SYSVSEM)},
    {"shmget", CLASS(SYSVSHM)},
    {"shmctl", CLASS(SYSVSHM)},
    {"shmat", CLASS(SYSVSHM)},
    {"shmdt", CLASS(SYSVSHM)},
    {"ipc", L_IPC},
};

#define RULE_COUNT (sizeof(rules) / sizeof(rules[0]))

/*
 * On i386 libseccomp knows these as parts of socketcall and ipc only; the kernel has
 * them under numbers of their own as well (since 4.3 and 5.1).
 */
static const struct {
	const char *name;
	uint32_t number;
} direct_i386[] = {
    {"socket", 359},
    {"socketpair", 360},
    {"semget", 393},
    {"semctl", 394},
    {"shmget", 395},
    {"shmctl", 396},
    {"shmat", 397},
    {"shmdt", 398},
    {"msgget", 399},
    {"msgsnd", 400},
    {"msgrcv", 401},
    {"msgctl", 402},
    {"semtimedop_time64", 420},
};

/* ---- the program ---------------------------------------------------------------- */

static struct {
	uint16_t code;
	uint32_t k;
	int jt, jf; /* labels; L_NEXT */
} prog[4096];
static int prog_len;
static int label_at[L_MAX];
static int next_label = L_FIRST_FREE;

static void
fail(const char *what, const char *name)
{
	(void)fprintf(stderr, "seccomp-gen: %s: %s\n", name, what);
	exit(1);
}

static void
put(uint16_t code, uint32_t k, int jt, int jf)
{
	if (prog_len == (int)(sizeof(prog) / sizeof(prog[0])))
		fail("program too long", "put");
	prog[prog_len].code = code;
	prog[prog_len].k = k;
	prog[prog_len].jt = jt;
	prog[prog_len].jf = jf;
	prog_len++;
}

static void
here(int label)
{
	if (label_at[label] >= 0)
		fail("label twice", "here");
	label_at[label] = prog_len;
}

static int
fresh(void)
{
	if (next_label == L_MAX)
		fail("too many labels", "fresh");
	return next_label++;
}

static void
load(size_t offset)
{
	put(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, L_NEXT, L_NEXT);
}

/*
 * The low half of an argument, which is all that the kernel looks at for an int and
 * for flags of 32 bits.  All our machines are little endian.
 */
static void
load_arg(unsigned n)
{
	load(offsetof(struct seccomp_data, args) + 8 * (size_t)n);
}

static void
mask(uint32_t bits)
{
	put(BPF_ALU | BPF_AND | BPF_K, bits, L_NEXT, L_NEXT);
}

static void
if_equal(uint32_t k, int yes, int no)
{
	put(BPF_JMP | BPF_JEQ | BPF_K, k, yes, no);
}

static void
if_from(uint32_t k, int yes, int no)
{
	put(BPF_JMP | BPF_JGE | BPF_K, k, yes, no);
}

static void
if_any(uint32_t bits, int yes, int no)
{
	put(BPF_JMP | BPF_JSET | BPF_K, bits, yes, no);
}

static void
answer(int label, uint32_t action)
{
	here(label);
	put(BPF_RET | BPF_K, action, L_NEXT, L_NEXT);
}

static void
put_namespace_checks(void)
{
	const uint32_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
				CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

	here(L_CLONE);
	load_arg(0);
	if_any(spaces, L_EPERM, L_ALLOW);
	here(L_UNSHARE); /* in clone the bit of NEWTIME is part of the exit signal */
	load_arg(0);
	if_any(spaces | CLONE_NEWTIME, L_EPERM, L_ALLOW);
}

static void
put_socket_checks(void)
{
	here(L_SOCKET);
	load_arg(0);
	if_equal(AF_UNIX, L_ALLOW, L_NEXT);
	if_equal(AF_INET, L_SOCKET_INET, L_NEXT);
	if_equal(AF_INET6, L_SOCKET_INET, L_NEXT);
	if_equal(AF_NETLINK, L_SOCKET_NETLINK, L_NEXT);
	if_equal(AF_PACKET, CLASS(PACKET), L_NEXT);
	if_equal(AF_XDP, CLASS(PACKET), L_NEXT);
	/* These make TCP sockets of the kernel's own, which the address rules never see. */
	if_equal(AF_SMC, CLASS(PACKET), L_NEXT);
	if_equal(AF_RDS, CLASS(PACKET), CLASS(FAMILIES));

	here(L_SOCKET_INET);
	load_arg(1);
	mask(0xf); /* SOCK_TYPE_MASK: without NONBLOCK and CLOEXEC */
	if_equal(SOCK_RAW, CLASS(RAW), L_NEXT);
	/* The kernel turns this pair into AF_PACKET. */
	if_equal(SOCK_PACKET, CLASS(PACKET), L_ALLOW);

	here(L_SOCKET_NETLINK);
	load_arg(2);
	if_equal(NETLINK_ROUTE, L_ALLOW, L_NEXT);
	if_equal(NETLINK_AUDIT, CLASS(AUDIT), CLASS(NETLINK));
}

/* i386's calls of many calls; their numbers come from linux/net.h and linux/ipc.h. */
static void
put_multiplexed(void)
{
	here(L_SOCKETCALL);
	load_arg(0);
	if_equal(1, CLASS(SOCKETCALL), L_ALLOW);

	here(L_IPC);
	load_arg(0);
	mask(0xffff); /* above it a version */
	if_from(21, L_IPC_SHM, L_NEXT);
	if_from(15, L_ALLOW, L_NEXT);
	if_from(11, CLASS(SYSVMSG), L_NEXT);
	if_from(5, L_ALLOW, L_NEXT);
	if_from(1, CLASS(SYSVSEM), L_ALLOW);
	here(L_IPC_SHM);
	if_from(25, L_ALLOW, CLASS(SYSVSHM));
}

static void
put_checks(void)
{
	here(L_IOCTL);
	load_arg(1);
	if_equal(TIOCSTI, L_EPERM, L_NEXT);
	if_equal(TIOCLINUX, L_EPERM, L_ALLOW);

	here(L_PRLIMIT);
	load_arg(0);
	if_equal(1, L_EPERM, L_ALLOW);

	put_namespace_checks();
	put_socket_checks();
	put_multiplexed();
}

/* ---- the tree ------------------------------------------------------------------- */

/* The numbers from `from` up to the next interval's all go to one label. */
struct interval {
	uint64_t from;
	int to;
	double weight;
};

#define MAX_INTERVALS 256

struct tree {
	struct interval iv[MAX_INTERVALS];
	int n;
	double cost[MAX_INTERVALS][MAX_INTERVALS];
	int split[MAX_INTERVALS]
		 [MAX_INTERVALS]; /* first of the right half; -1: one comparison for equality */
};

static double
weight(const struct tree *t, int i, int j)
{
	double w = 0;

	for (; i <= j; i++)
		w += t->iv[i].weight;
	return w;
}

/* A single number with the same answer on both sides of it. */
static bool
is_island(const struct tree *t, int i, int j)
{
	return j == i + 2 && t->iv[i].to == t->iv[j].to &&
	       t->iv[i + 2].from == t->iv[i + 1].from + 1;
}

/* Optimal by dynamic programming; a few dozen intervals. */
static void
plan(struct tree *t)
{
	int len, i, j, k;

	for (len = 2; len <= t->n; len++)
		for (i = 0; i + len <= t->n; i++) {
			double here_w;

			j = i + len - 1;
			here_w = weight(t, i, j);
			t->cost[i][j] = 1e300;
			if (is_island(t, i, j)) {
				t->cost[i][j] = here_w;
				t->split[i][j] = -1;
				continue;
			}
			for (k = i + 1; k <= j; k++) {
				double c = here_w + t->cost[i][k - 1] + t->cost[k][j];

				if (c < t->cost[i][j]) {
					t->cost[i][j] = c;
					t->split[i][j] = k;
				}
			}
		}
}

static void put_tree(const struct tree *t, int i, int j, int label);

/* The label of that part: its answer, or a place to be filled. */
static int
part(const struct tree *t, int i, int j)
{
	return i == j ? t->iv[i].to : fresh();
}

static void
put_tree(const struct tree *t, int i, int j, int label)
{
	int k = t->split[i][j], low, high;

	here(label);
	if (k < 0) {
		if_equal((uint32_t)t->iv[i + 1].from, t->iv[i + 1].to, t->iv[i].to);
		return;
	}
	low = part(t, i, k - 1);
	high = part(t, k, j);
	if_from((uint32_t)t->iv[k].from, high, low);
	if (k - 1 > i)
		put_tree(t, i, k - 1, low);
	if (j > k)
		put_tree(t, k, j, high);
}

struct abi {
	uint32_t token;	  /* libseccomp's name for it, and the kernel's */
	uint32_t highest; /* numbers from here on are answered ENOSYS (x32); 0: none */
};

static bool
number_of(const struct abi *abi, const char *name, uint32_t *ret)
{
	size_t i;
	int nr;

	if (abi->token == SCMP_ARCH_X86)
		for (i = 0; i < sizeof(direct_i386) / sizeof(direct_i386[0]); i++)
			if (strcmp(name, direct_i386[i].name) == 0) {
				*ret = direct_i386[i].number;
				return true;
			}
	nr = seccomp_syscall_resolve_name_arch(abi->token, name);
	if (nr < 0)
		return false;
	*ret = (uint32_t)nr;
	return true;
}

/* Every name must be known somewhere, or it is misspelt. */
static void
check_names(void)
{
	static const struct abi all[] = {
	    {SCMP_ARCH_X86_64, 0}, {SCMP_ARCH_X86, 0}, {SCMP_ARCH_AARCH64, 0}, {SCMP_ARCH_ARM, 0}};
	size_t i, j;
	uint32_t nr;

	for (i = 0; i < RULE_COUNT; i++) {
		for (j = 0; j < 4 && !number_of(&all[j], rules[i].name, &nr); j++)
			;
		if (j == 4)
			fail("no machine has this system call", rules[i].name);
	}
}

struct point {
	uint32_t nr;
	int to;
};

static int
compare_points(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

static void
add_interval(struct tree *t, uint64_t from, int to)
{
	if (t->n > 0 && t->iv[t->n - 1].from == from)
		t->n--;
	if (t->n > 0 && t->iv[t->n - 1].to == to)
		return;
	if (t->n == MAX_INTERVALS)
		fail("too many intervals", "tree");
	t->iv[t->n++] = (struct interval){.from = from, .to = to};
}

/* Calls that exist weigh 1, all numbers beyond together as much as one. */
#define NUMBERS 480

static void
put_abi(const struct abi *abi)
{
	static struct tree t;
	struct point points[RULE_COUNT];
	size_t n = 0, i;
	int j;

	memset(&t, 0, sizeof(t));
	for (i = 0; i < RULE_COUNT; i++)
		if (number_of(abi, rules[i].name, &points[n].nr))
			points[n++].to = rules[i].to;
	qsort(points, n, sizeof(points[0]), compare_points);
	add_interval(&t, 0, L_ALLOW);
	for (i = 0; i < n; i++) {
		add_interval(&t, points[i].nr, points[i].to);
		add_interval(&t, (uint64_t)points[i].nr + 1, L_ALLOW);
	}
	if (abi->highest != 0)
		add_interval(&t, abi->highest, L_ENOSYS);
	for (j = 0; j < t.n; j++) {
		uint64_t end = j + 1 < t.n ? t.iv[j + 1].from : UINT64_C(1) << 32;

		if (end > NUMBERS)
			end = NUMBERS + 1;
		t.iv[j].weight = t.iv[j].from < end ? (double)(end - t.iv[j].from) : 1;
	}
	plan(&t);
	load(offsetof(struct seccomp_data, nr));
	put_tree(&t, 0, t.n - 1, fresh());
}

static void
put_program(const struct abi abi[2])
{
	int second = fresh(), i;

	load(offsetof(struct seccomp_data, arch));
	if_equal(abi[1].token, second, L_NEXT);
	if_equal(abi[0].token, L_NEXT, L_KILL);
	put_abi(&abi[0]);
	here(second);
	put_abi(&abi[1]);
	put_checks();
	answer(L_ALLOW, SECCOMP_RET_ALLOW);
	answer(L_EPERM, SECCOMP_RET_ERRNO | EPERM);
	answer(L_ENOSYS, SECCOMP_RET_ERRNO | ENOSYS);
	answer(L_KILL, SECCOMP_RET_KILL_PROCESS);
	for (i = 0; i < SECCOMP_CLASS_COUNT; i++)
		answer(L_CLASS + i, closed[i]);
}

/* ---- writing it ----------------------------------------------------------------- */

static int
distance(int at, int label)
{
	int d;

	if (label == L_NEXT)
		return 0;
	if (label_at[label] < 0)
		fail("label nowhere", "distance");
	d = label_at[label] - at - 1;
	if (d < 0 || d > 255)
		fail("jump too far: the checks must be given twice", "distance");
	return d;
}

static void
write_program(const char *machine)
{
	int i;

	if (prog_len > SECCOMP_MAX)
		fail("longer than SECCOMP_MAX", machine);
	(void)printf("/* Made by seccomp-gen; the rules are in seccomp-gen.c. */\n"
		     "#include \"prison/seccomp-image.h\"\n\n"
		     "static const struct sock_filter insns[%d] = {\n",
	    prog_len);
	for (i = 0; i < prog_len; i++)
		(void)printf("\t{0x%02x, %d, %d, 0x%08x},\n", (unsigned)prog[i].code,
		    distance(i, prog[i].jt), distance(i, prog[i].jf), (unsigned)prog[i].k);
	(void)printf("};\n\nconst struct seccomp_image seccomp_image_%s = {\n"
		     "\t.insns = insns,\n\t.n = %d,\n\t.at = {",
	    machine, prog_len);
	for (i = 0; i < SECCOMP_CLASS_COUNT; i++)
		(void)printf("%s%d", i > 0 ? ", " : "", label_at[L_CLASS + i]);
	(void)printf("},\n};\n");
	if (fflush(stdout) != 0 || ferror(stdout))
		fail("cannot write", "stdout");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		struct abi abi[2];
	} machines[] = {
	    {"x86_64", {{SCMP_ARCH_X86_64, 0x40000000}, {SCMP_ARCH_X86, 0}}},
	    {"aarch64", {{SCMP_ARCH_AARCH64, 0}, {SCMP_ARCH_ARM, 0}}},
	};
	size_t i;

	if (argc != 2)
		fail("usage: seccomp-gen MACHINE", "arguments");
	for (i = 0; i < L_MAX; i++)
		label_at[i] = -1;
	check_names();
	for (i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (strcmp(argv[1], machines[i].name) == 0) {
			put_program(machines[i].abi);
			write_program(machines[i].name);
			return 0;
		}
	fail("no system call numbers for this machine", argv[1]);
	return 1;
}
