/*
 * The system call filter, instruction by instruction: a small interpreter runs the
 * compiled programs of both machines with every call of their two ABIs.  The numbers
 * below are written down from the kernel's tables, not taken from what made the programs.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "prison/seccomp-image.h"
#include "prison/seccomp.h"
#include "unit.h"

static int steps;

/* What the program answers, or -1 for anything that the kernel would refuse to load. */
static int64_t
interpret(const struct sock_filter *p, unsigned n, const struct seccomp_data *data)
{
	uint32_t a = 0;
	unsigned pc;

	steps = 0;
	for (pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &p[pc];
		bool yes;

		steps++;
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k % 4 != 0 || i->k >= sizeof(*data))
				return -1;
			memcpy(&a, (const char *)data + i->k, 4);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & i->k) != 0;
			break;
		default:
			return -1;
		}
		pc += yes ? i->jt : i->jf;
	}
	return -1;
}

struct abi {
	const char *name;
	const struct seccomp_image *image;
	uint32_t arch;
};

static const struct abi x86_64 = {"x86_64", &seccomp_image_x86_64, AUDIT_ARCH_X86_64};
static const struct abi i386 = {"i386", &seccomp_image_x86_64, AUDIT_ARCH_I386};
static const struct abi aarch64 = {"aarch64", &seccomp_image_aarch64, AUDIT_ARCH_AARCH64};
static const struct abi arm = {"arm", &seccomp_image_aarch64, AUDIT_ARCH_ARM};

static int64_t
ask(const struct abi *abi, unsigned open, int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct sock_filter buf[SECCOMP_MAX];
	struct seccomp_data d = {
	    .nr = nr, .arch = abi->arch, .args = {a0, a1, a2, ~0ULL, ~0ULL, ~0ULL}};

	return interpret(buf, seccomp_compile(abi->image, open, buf), &d);
}

#define ALLOW ((int64_t)SECCOMP_RET_ALLOW)
#define NOTIFY ((int64_t)SECCOMP_RET_USER_NOTIF)
#define ERR(e) ((int64_t)(SECCOMP_RET_ERRNO | (e)))

#define CHECK_ASK(want, ...)                                                                       \
	do {                                                                                       \
		int64_t got_ = ask(__VA_ARGS__);                                                   \
		if (got_ != (want)) {                                                              \
			(void)fprintf(stderr, "%s:%d: %s: %#llx, not %#llx\n", __FILE__, __LINE__, \
			    #__VA_ARGS__, (unsigned long long)got_, (unsigned long long)(want));   \
			unit_failed++;                                                             \
		}                                                                                  \
	} while (0)

/* The calls that are refused for themselves, and the class that opens them (0: none). */
struct refused {
	const char *name;
	int error;
	unsigned open;
	int nr_x86_64, nr_i386, nr_aarch64, nr_arm; /* -1: there is none */
};

static const struct refused refused[] = {
    {"setns", EPERM, 0, 308, 346, 268, 375},
    {"clone3", ENOSYS, 0, 435, 435, 435, 435},
    {"io_uring_setup", ENOSYS, 0, 425, 425, 425, 425},
    {"io_uring_enter", ENOSYS, 0, 426, 426, 426, 426},
    {"io_uring_register", ENOSYS, 0, 427, 427, 427, 427},
    {"add_key", EPERM, 0, 248, 286, 217, 309},
    {"request_key", EPERM, 0, 249, 287, 218, 310},
    {"keyctl", EPERM, 0, 250, 288, 219, 311},
    {"open_by_handle_at", EPERM, 0, 304, 342, 265, 371},
    {"bpf", EPERM, 0, 321, 357, 280, 386},
    {"perf_event_open", EPERM, 0, 298, 336, 241, 364},
    {"userfaultfd", EPERM, 0, 323, 374, 282, 388},
    {"kexec_load", EPERM, 0, 246, 283, 104, 347},
    {"kexec_file_load", EPERM, 0, 320, -1, 294, 401},
    {"init_module", EPERM, 0, 175, 128, 105, 128},
    {"finit_module", EPERM, 0, 313, 350, 273, 379},
    {"delete_module", EPERM, 0, 176, 129, 106, 129},
    {"swapon", EPERM, 0, 167, 87, 224, 87},
    {"swapoff", EPERM, 0, 168, 115, 225, 115},
    {"acct", EPERM, 0, 163, 51, 89, 51},
    {"sethostname", EPERM, SECCOMP_OPEN_HOSTNAME, 170, 74, 161, 74},
    {"setdomainname", EPERM, SECCOMP_OPEN_HOSTNAME, 171, 121, 162, 121},
    {"syslog", EPERM, SECCOMP_OPEN_MSGBUF, 103, 103, 116, 103},
    {"msgget", ENOSYS, SECCOMP_OPEN_SYSVMSG, 68, 399, 186, 303},
    {"msgsnd", ENOSYS, SECCOMP_OPEN_SYSVMSG, 69, 400, 189, 301},
    {"msgrcv", ENOSYS, SECCOMP_OPEN_SYSVMSG, 70, 401, 188, 302},
    {"msgctl", ENOSYS, SECCOMP_OPEN_SYSVMSG, 71, 402, 187, 304},
    {"semget", ENOSYS, SECCOMP_OPEN_SYSVSEM, 64, 393, 190, 299},
    {"semop", ENOSYS, SECCOMP_OPEN_SYSVSEM, 65, -1, 193, 298},
    {"semctl", ENOSYS, SECCOMP_OPEN_SYSVSEM, 66, 394, 191, 300},
    {"semtimedop", ENOSYS, SECCOMP_OPEN_SYSVSEM, 220, -1, 192, 312},
    {"semtimedop_time64", ENOSYS, SECCOMP_OPEN_SYSVSEM, -1, 420, -1, 420},
    {"shmget", ENOSYS, SECCOMP_OPEN_SYSVSHM, 29, 395, 194, 307},
    {"shmat", ENOSYS, SECCOMP_OPEN_SYSVSHM, 30, 397, 196, 305},
    {"shmctl", ENOSYS, SECCOMP_OPEN_SYSVSHM, 31, 396, 195, 308},
    {"shmdt", ENOSYS, SECCOMP_OPEN_SYSVSHM, 67, 398, 197, 306},
    /* With all arguments 0: AF_UNSPEC is no family of a jail's. */
    {"socket", EPROTONOSUPPORT, SECCOMP_OPEN_FAMILIES, 41, 359, 198, 281},
    {"socketpair", EPROTONOSUPPORT, SECCOMP_OPEN_FAMILIES, 53, 360, 199, 288},
};

static int
number(const struct refused *r, const struct abi *abi)
{
	if (abi == &x86_64)
		return r->nr_x86_64;
	if (abi == &i386)
		return r->nr_i386;
	return abi == &aarch64 ? r->nr_aarch64 : r->nr_arm;
}

static const struct refused *
find(const struct abi *abi, int nr)
{
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (number(&refused[i], abi) == nr)
			return &refused[i];
	return NULL;
}

/* Every number there is and may be, for every single class, none, and all of them. */
static void
test_every_number(const struct abi *abi)
{
	unsigned opens[12] = {0, SECCOMP_OPEN_ALL}, n = 2, i, bit;
	int nr;

	for (bit = 1; bit <= SECCOMP_OPEN_ALL; bit <<= 1)
		opens[n++] = bit;
	for (i = 0; i < n; i++)
		for (nr = 0; nr < 2000; nr++) {
			const struct refused *r = find(abi, nr);
			int64_t want = r == NULL || opens[i] & r->open ? ALLOW : ERR(r->error);
			int64_t got = ask(abi, opens[i], nr, 0, 0, 0);

			if (got != want) {
				(void)fprintf(stderr, "%s %s(%d) open %#x: %#llx, not %#llx\n",
				    abi->name, r == NULL ? "" : r->name, nr, opens[i],
				    (unsigned long long)got, (unsigned long long)want);
				unit_failed++;
			}
		}
}

#define HIGH 0xdeadbeef00000000ULL

static void
test_arguments(const struct abi *abi, int nr_ioctl, int nr_clone, int nr_unshare, int nr_prlimit)
{
	static const uint32_t spaces[] = {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
	    CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET};
	size_t i;

	/* The kernel cuts the request to 32 bits; so must we. */
	CHECK_ASK(ERR(EPERM), abi, SECCOMP_OPEN_ALL, nr_ioctl, 0, 0x5412, 0);
	CHECK_ASK(ERR(EPERM), abi, SECCOMP_OPEN_ALL, nr_ioctl, 0, HIGH | 0x5412, 0);
	CHECK_ASK(ERR(EPERM), abi, SECCOMP_OPEN_ALL, nr_ioctl, 0, HIGH | 0x541c, 0);
	CHECK_ASK(ALLOW, abi, 0, nr_ioctl, 0, 0x5413, 0);
	CHECK_ASK(ALLOW, abi, 0, nr_ioctl, 0x5412, 0, 0x5412);

	for (i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		CHECK_ASK(ERR(EPERM), abi, SECCOMP_OPEN_ALL, nr_clone, spaces[i] | 17, 0, 0);
		CHECK_ASK(ERR(EPERM), abi, SECCOMP_OPEN_ALL, nr_clone, HIGH | spaces[i], 0, 0);
		CHECK_ASK(ERR(EPERM), abi, SECCOMP_OPEN_ALL, nr_unshare, spaces[i], 0, 0);
		CHECK_ASK(ERR(EPERM), abi, SECCOMP_OPEN_ALL, nr_unshare,
		    HIGH | spaces[i] | CLONE_FS, 0, 0);
	}
	CHECK_ASK(ERR(EPERM), abi, SECCOMP_OPEN_ALL, nr_unshare, 0x80, 0, 0); /* NEWTIME */
	CHECK_ASK(ALLOW, abi, 0, nr_unshare, CLONE_FS | CLONE_FILES | CLONE_SYSVSEM, 0, 0);
	/* fork, vfork and threads, as libc makes them. */
	CHECK_ASK(ALLOW, abi, 0, nr_clone, 0x1200011, 0, 0);
	CHECK_ASK(ALLOW, abi, 0, nr_clone, CLONE_VM | CLONE_VFORK | 17, 0, 0);
	CHECK_ASK(ALLOW, abi, 0, nr_clone, 0x3d0f00, 0, 0);

	CHECK_ASK(ERR(EPERM), abi, SECCOMP_OPEN_ALL, nr_prlimit, 1, 0, 0);
	CHECK_ASK(ERR(EPERM), abi, SECCOMP_OPEN_ALL, nr_prlimit, HIGH | 1, 0, 0);
	CHECK_ASK(ALLOW, abi, 0, nr_prlimit, 0, 1, 1);
	CHECK_ASK(ALLOW, abi, 0, nr_prlimit, 2, 1, 1);
}

static void
test_sockets(const struct abi *abi, int nr)
{
	const unsigned all_but_packet = SECCOMP_OPEN_ALL & ~(unsigned)SECCOMP_OPEN_PACKET;
	const unsigned all_but_families = SECCOMP_OPEN_ALL & ~(unsigned)SECCOMP_OPEN_FAMILIES;
	static const int packet_like[] = {AF_PACKET, 44 /* XDP */, 43 /* SMC */, 21 /* RDS */};
	int family, proto;
	size_t i;

	CHECK_ASK(ALLOW, abi, 0, nr, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK_ASK(ALLOW, abi, 0, nr, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 6);
	CHECK_ASK(ALLOW, abi, 0, nr, AF_INET6, SOCK_DGRAM, 17);
	CHECK_ASK(ALLOW, abi, 0, nr, HIGH | AF_INET, HIGH | SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (family = 0; family < 64; family++) {
		bool packet = false, plain = family == AF_UNIX || family == AF_INET ||
					     family == AF_INET6 || family == AF_NETLINK;

		for (i = 0; i < sizeof(packet_like) / sizeof(packet_like[0]); i++)
			packet |= family == packet_like[i];
		CHECK_ASK(plain ? ALLOW : ERR(EPROTONOSUPPORT), abi, 0, nr, (uint64_t)family,
		    SOCK_DGRAM, 0);
		CHECK_ASK(plain ? ALLOW : ERR(EPROTONOSUPPORT), abi, 0, nr, HIGH | (unsigned)family,
		    SOCK_DGRAM, 0);
		CHECK_ASK(packet ? ERR(EPROTONOSUPPORT) : ALLOW, abi, all_but_packet, nr,
		    (uint64_t)family, SOCK_DGRAM, 0);
		CHECK_ASK(plain || packet ? ALLOW : ERR(EPROTONOSUPPORT), abi, all_but_families, nr,
		    (uint64_t)family, SOCK_DGRAM, 0);
	}

	/* The old spelling of a packet socket. */
	CHECK_ASK(ERR(EPROTONOSUPPORT), abi, all_but_packet, nr, AF_INET, SOCK_PACKET, 0x300);
	CHECK_ASK(ERR(EPROTONOSUPPORT), abi, all_but_packet, nr, AF_INET,
	    SOCK_PACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0x300);
	CHECK_ASK(ALLOW, abi, SECCOMP_OPEN_PACKET, nr, AF_INET, SOCK_PACKET, 0x300);

	for (proto = 0; proto < 32; proto++) {
		CHECK_ASK(proto == NETLINK_ROUTE ? ALLOW : ERR(EPROTONOSUPPORT), abi,
		    SECCOMP_OPEN_FAMILIES | SECCOMP_OPEN_PACKET, nr, AF_NETLINK, SOCK_RAW,
		    (uint64_t)proto);
		CHECK_ASK(proto == NETLINK_AUDIT ? ERR(EPROTONOSUPPORT) : ALLOW, abi,
		    SECCOMP_OPEN_NETLINK, nr, AF_NETLINK, SOCK_RAW, HIGH | (unsigned)proto);
	}
	CHECK_ASK(ALLOW, abi, SECCOMP_OPEN_AUDIT, nr, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);

	/* Raw sockets: the kernel's decision, or the broker's. */
	for (family = AF_INET; family <= AF_INET6; family += AF_INET6 - AF_INET) {
		const uint64_t raw = SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK;

		CHECK_ASK(ALLOW, abi, 0, nr, (uint64_t)family, raw, 1);
		CHECK_ASK(NOTIFY, abi, SECCOMP_NOTIFY_RAW, nr, (uint64_t)family, raw, 1);
		CHECK_ASK(
		    NOTIFY, abi, SECCOMP_NOTIFY_RAW, nr, HIGH | (unsigned)family, HIGH | raw, 1);
		CHECK_ASK(ALLOW, abi, SECCOMP_NOTIFY_RAW, nr, (uint64_t)family, SOCK_DGRAM, 1);
	}
	CHECK_ASK(ALLOW, abi, SECCOMP_NOTIFY_RAW, nr, AF_UNIX, SOCK_RAW, 0);
	CHECK_ASK(ALLOW, abi, SECCOMP_NOTIFY_RAW, nr, AF_NETLINK, SOCK_RAW, 0);
	CHECK_ASK(ERR(EPROTONOSUPPORT), abi, SECCOMP_NOTIFY_RAW, nr, AF_PACKET, SOCK_RAW, 0);
	CHECK_ASK(
	    NOTIFY, abi, SECCOMP_NOTIFY_RAW | SECCOMP_OPEN_PACKET, nr, AF_PACKET, SOCK_RAW, 0);
}

static void
test_i386_only(void)
{
	const unsigned sockets =
	    SECCOMP_OPEN_PACKET | SECCOMP_OPEN_FAMILIES | SECCOMP_OPEN_NETLINK | SECCOMP_OPEN_AUDIT;
	unsigned bit, call, version;

	CHECK_ASK(ERR(EPROTONOSUPPORT), &i386, 0, 102, 1, 0, 0);
	CHECK_ASK(ALLOW, &i386, sockets, 102, 1, 0, 0);
	CHECK_ASK(ERR(EPROTONOSUPPORT), &i386, sockets | SECCOMP_NOTIFY_RAW, 102, 1, 0, 0);
	for (bit = 1; bit <= SECCOMP_OPEN_AUDIT; bit <<= 1)
		CHECK_ASK(ERR(EPROTONOSUPPORT), &i386, SECCOMP_OPEN_ALL & ~bit, 102, 1, 0, 0);
	for (call = 2; call <= 20; call++)
		CHECK_ASK(ALLOW, &i386, 0, 102, call, 0, 0);

	for (version = 0; version <= 1; version++)
		for (call = 0; call < 40; call++) {
			unsigned class = call >= 1 && call <= 4	    ? SECCOMP_OPEN_SYSVSEM
					 : call >= 11 && call <= 14 ? SECCOMP_OPEN_SYSVMSG
					 : call >= 21 && call <= 24 ? SECCOMP_OPEN_SYSVSHM
								    : 0;
			uint64_t arg = version << 16 | call;

			CHECK_ASK(class ? ERR(ENOSYS) : ALLOW, &i386, 0, 117, arg, 0, 0);
			CHECK_ASK(ALLOW, &i386, class, 117, arg, 0, 0);
			CHECK_ASK(class ? ERR(ENOSYS) : ALLOW, &i386, SECCOMP_OPEN_ALL & ~class,
			    117, arg, 0, 0);
		}
}

static void
test_foreign(void)
{
	const struct abi x86_on_arm = {
	    "x86_64 on aarch64", &seccomp_image_aarch64, AUDIT_ARCH_X86_64};
	const struct abi arm_on_x86 = {
	    "aarch64 on x86_64", &seccomp_image_x86_64, AUDIT_ARCH_AARCH64};
	const struct abi nothing = {"0", &seccomp_image_x86_64, 0};
	int nr;

	/* x32: read(2), and its own ones. */
	for (nr = 0x40000000; nr < 0x40000400; nr++)
		CHECK_ASK(ERR(ENOSYS), &x86_64, SECCOMP_OPEN_ALL, nr, 0, 0, 0);
	CHECK_ASK(ERR(ENOSYS), &x86_64, SECCOMP_OPEN_ALL, -1, 0, 0, 0);
	CHECK_ASK(ALLOW, &x86_64, 0, 0x3fffffff, 0, 0, 0);
	CHECK_ASK((int64_t)SECCOMP_RET_KILL_PROCESS, &x86_on_arm, SECCOMP_OPEN_ALL, 0, 0, 0, 0);
	CHECK_ASK((int64_t)SECCOMP_RET_KILL_PROCESS, &arm_on_x86, SECCOMP_OPEN_ALL, 0, 0, 0, 0);
	CHECK_ASK((int64_t)SECCOMP_RET_KILL_PROCESS, &nothing, SECCOMP_OPEN_ALL, 0, 0, 0, 0);
}

/* What installing costs: the kernel walks the program once for each number of each ABI. */
static void
test_cost(const struct abi *a, const struct abi *b)
{
	const struct abi *both[] = {a, b};
	int sum = 0, worst = 0, i, nr;

	for (i = 0; i < 2; i++)
		for (nr = 0; nr < 480; nr++) {
			(void)ask(both[i], 0, nr, 0, 0, 0);
			sum += steps;
			if (steps > worst)
				worst = steps;
		}
	(void)printf("%s: %d instructions, %.1f on the way, at most %d\n", a->name, a->image->n,
	    sum / 960.0, worst);
	CHECK(sum / 960 <= 10);
	CHECK(worst <= 24);
	CHECK(a->image->n <= 200);
}

int
main(void)
{
	test_every_number(&x86_64);
	test_every_number(&i386);
	test_every_number(&aarch64);
	test_every_number(&arm);
	test_arguments(&x86_64, 16, 56, 272, 302);
	test_arguments(&i386, 54, 120, 310, 340);
	test_arguments(&aarch64, 29, 220, 97, 261);
	test_arguments(&arm, 54, 120, 337, 369);
	test_sockets(&x86_64, 41);
	test_sockets(&i386, 359);
	test_sockets(&aarch64, 198);
	test_sockets(&arm, 281);
	test_i386_only();
	test_foreign();
	test_cost(&x86_64, &i386);
	test_cost(&aarch64, &arm);
	return UNIT_DONE();
}
