/* The decisions of the eBPF programs, without a kernel: tables of cases, the lists' ends, the
 * orders. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf/decide/bind.h"
#include "bpf/decide/connect.h"
#include "bpf/decide/deliver.h"
#include "bpf/decide/dev.h"
#include "bpf/decide/shown.h"
#include "bpf/decide/sock.h"
#include "bpf/decide/udp.h"
#include "unit.h"

static __u32
ip4(const char *text)
{
	__u32 a = 0;

	CHECK_INT(inet_pton(AF_INET, text, &a), 1);
	return a;
}

static void
ip6(const char *text, __u32 ret[4])
{
	CHECK_INT(inet_pton(AF_INET6, text, ret), 1);
}

static bool
is6(const __u32 a[4], const char *text)
{
	__u32 b[4];

	ip6(text, b);
	return memcmp(a, b, sizeof(b)) == 0;
}

/* One jail: .11 and 2001:db8::11, flags and more by the test. */
static struct bpf_prison
jail(__u32 flags)
{
	struct bpf_prison p = {.jid = 1, .flags = flags, .n4 = 1, .n6 = 1};

	p.primary4 = ip4("192.168.1.11");
	ip6("2001:db8::11", p.primary6);
	return p;
}

static struct bpf_prison
jail4(__u32 flags)
{
	struct bpf_prison p = jail(flags);

	p.n6 = 0;
	memset(p.primary6, 0, sizeof(p.primary6));
	return p;
}

static struct bpf_prison
jail6(__u32 flags)
{
	struct bpf_prison p = jail(flags);

	p.n4 = 0;
	p.primary4 = 0;
	return p;
}

static void
test_socket(void)
{
	struct bpf_prison both = jail(0), v4 = jail4(0), v6 = jail6(0), none = {0};
	struct bpf_prison raw = jail(BPF_PRISON_RAW_SOCKETS), af = jail(BPF_PRISON_SOCKET_AF);
	struct bpf_prison free4 = jail6(BPF_PRISON_IP4_INHERIT);
	struct bpf_prison all = {.flags = BPF_PRISON_IP4_INHERIT | BPF_PRISON_IP6_INHERIT};
	struct bpf_prison vnet = {.flags = BPF_PRISON_VNET};
	const struct {
		const struct bpf_prison *p;
		int family, type, protocol, want;
	} rows[] = {
	    {&both, AF_INET, SOCK_STREAM, 6, 0},
	    {&both, AF_INET6, SOCK_DGRAM, 17, 0},
	    {&both, AF_INET, SOCK_DGRAM, 136, 0},
	    {&v6, AF_INET, SOCK_STREAM, 6, -EPROTONOSUPPORT},
	    {&v6, AF_INET6, SOCK_STREAM, 6, 0},
	    {&v4, AF_INET6, SOCK_STREAM, 6, 0},
	    {&none, AF_INET, SOCK_DGRAM, 17, -EPROTONOSUPPORT},
	    {&none, AF_INET6, SOCK_DGRAM, 17, -EPROTONOSUPPORT},
	    {&none, AF_UNIX, SOCK_STREAM, 0, 0},
	    {&none, AF_NETLINK, SOCK_RAW, 0, 0},
	    {&both, AF_VSOCK, SOCK_STREAM, 0, -EPROTONOSUPPORT},
	    {&both, AF_PACKET, SOCK_RAW, 0, -EPROTONOSUPPORT},
	    {&af, AF_VSOCK, SOCK_STREAM, 0, 0},
	    {&both, AF_INET, SOCK_RAW, 1, -EPERM},
	    {&both, AF_INET, SOCK_RAW, 255, -EPERM},
	    {&both, AF_INET, SOCK_DGRAM, 1, -EACCES},
	    {&both, AF_INET6, SOCK_DGRAM, 58, -EACCES},
	    {&raw, AF_INET, SOCK_RAW, 1, 0},
	    {&raw, AF_INET6, SOCK_DGRAM, 58, 0},
	    {&all, AF_INET, SOCK_RAW, 1, -EPERM},
	    {&vnet, AF_INET, SOCK_RAW, 1, 0},
	    {&both, AF_INET, SOCK_STREAM, 262, -EPROTONOSUPPORT},
	    {&both, AF_INET, SOCK_SEQPACKET, 132, -EPROTONOSUPPORT},
	    {&both, AF_INET, SOCK_STREAM, 132, -EPROTONOSUPPORT},
	    {&both, AF_INET, SOCK_DGRAM, 115, -EPROTONOSUPPORT},
	    {&both, AF_INET, 6, 33, -EPROTONOSUPPORT},
	    {&af, AF_INET, SOCK_STREAM, 262, -EPROTONOSUPPORT},
	    {&free4, AF_INET, SOCK_STREAM, 262, 0},
	    {&free4, AF_INET6, SOCK_STREAM, 262, -EPROTONOSUPPORT},
	    {&all, AF_INET6, SOCK_STREAM, 262, 0},
	    {&vnet, AF_INET, SOCK_STREAM, 262, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = decide_socket(
		    rows[i].p, (__u32)rows[i].family, (__u32)rows[i].type, (__u32)rows[i].protocol);

		if (got != rows[i].want)
			(void)fprintf(stderr, "row %zu\n", i);
		CHECK_INT(got, rows[i].want);
	}
}

static void
bind4_is(const struct bpf_prison *p, const struct bpf_addrs4 *list, const char *asked, int want,
    const char *becomes)
{
	__u32 a = ip4(asked);

	CHECK_INT(decide_bind4(p, list, &a), want);
	CHECK_INT(a, ip4(becomes));
}

static void
test_bind4(void)
{
	struct bpf_prison one = jail(0), several = jail(0), none = jail6(0);
	struct bpf_prison private = jail(BPF_PRISON_LOOP_PRIVATE);
	struct bpf_prison inherit = jail6(BPF_PRISON_IP4_INHERIT);
	static struct bpf_addrs4 list;

	list.n = 3;
	list.addr[0] = several.primary4;
	list.addr[1] = ip4("192.168.1.12");
	list.addr[2] = ip4("127.0.0.1");
	several.n4 = 3;
	private.loop4 = ip4("127.64.0.1");
	bind4_is(&one, NULL, "0.0.0.0", 0, "192.168.1.11");
	bind4_is(&one, NULL, "127.0.0.1", 0, "192.168.1.11");
	bind4_is(&one, NULL, "192.168.1.11", 0, "192.168.1.11");
	bind4_is(&one, NULL, "192.168.1.12", -EADDRNOTAVAIL, "192.168.1.12");
	bind4_is(&one, NULL, "127.0.0.53", -EADDRNOTAVAIL, "127.0.0.53");
	bind4_is(&one, NULL, "255.255.255.255", -EADDRNOTAVAIL, "255.255.255.255");
	bind4_is(&several, &list, "0.0.0.0", 0, "192.168.1.11");
	bind4_is(&several, &list, "192.168.1.12", 0, "192.168.1.12");
	bind4_is(&several, &list, "127.0.0.1", 0, "127.0.0.1");
	bind4_is(&several, &list, "192.168.1.13", -EADDRNOTAVAIL, "192.168.1.13");
	/* The list vanished: only the primary is left, nothing more. */
	bind4_is(&several, NULL, "192.168.1.12", -EADDRNOTAVAIL, "192.168.1.12");
	bind4_is(&none, NULL, "0.0.0.0", -EAFNOSUPPORT, "0.0.0.0");
	bind4_is(&private, NULL, "127.0.0.1", 0, "127.64.0.1");
	bind4_is(&private, NULL, "0.0.0.0", 0, "192.168.1.11");
	bind4_is(&inherit, NULL, "0.0.0.0", 0, "0.0.0.0");
	bind4_is(&inherit, NULL, "10.0.0.1", 0, "10.0.0.1");
}

static void
bind6_is(const struct bpf_prison *p, bool v6only, const char *asked, int want, const char *becomes)
{
	__u32 a[4];

	ip6(asked, a);
	CHECK_INT(decide_bind6(p, NULL, NULL, v6only, a), want);
	CHECK(is6(a, becomes));
}

static void
test_bind6(void)
{
	struct bpf_prison both = jail(0), v4 = jail4(0), v6 = jail6(0), none = {0};
	struct bpf_prison private = jail4(BPF_PRISON_LOOP_PRIVATE);
	struct bpf_prison free4 = jail6(BPF_PRISON_IP4_INHERIT);
	struct bpf_prison free6 = jail4(BPF_PRISON_IP6_INHERIT);

	ip6("fd67:616f:6c00::1", private.loop6);
	bind6_is(&both, false, "::", 0, "::ffff:192.168.1.11");
	bind6_is(&both, true, "::", 0, "2001:db8::11");
	bind6_is(&both, false, "::1", 0, "2001:db8::11");
	bind6_is(&both, false, "2001:db8::12", -EADDRNOTAVAIL, "2001:db8::12");
	bind6_is(&both, false, "::ffff:0.0.0.0", 0, "::ffff:192.168.1.11");
	bind6_is(&both, false, "::ffff:10.0.0.1", -EADDRNOTAVAIL, "::ffff:10.0.0.1");
	bind6_is(&v4, false, "::", 0, "::ffff:192.168.1.11");
	bind6_is(&v4, true, "::", -EADDRNOTAVAIL, "::");
	bind6_is(&v4, false, "::1", -EADDRNOTAVAIL, "::1");
	bind6_is(&v6, false, "::", 0, "2001:db8::11");
	bind6_is(&v6, false, "::ffff:0.0.0.0", -EAFNOSUPPORT, "::ffff:0.0.0.0");
	bind6_is(&none, false, "::", -EAFNOSUPPORT, "::");
	bind6_is(&private, true, "::", 0, "fd67:616f:6c00::1");
	bind6_is(&private, false, "::1", 0, "fd67:616f:6c00::1");
	bind6_is(&free4, false, "::", 0, "::");
	bind6_is(&free4, true, "::", 0, "2001:db8::11");
	bind6_is(&free4, false, "::ffff:10.0.0.1", 0, "::ffff:10.0.0.1");
	bind6_is(&free4, false, "2001:db8::99", -EADDRNOTAVAIL, "2001:db8::99");
	bind6_is(&free6, true, "::", 0, "::");
	bind6_is(&free6, false, "2001:db8::99", 0, "2001:db8::99");
	bind6_is(&free6, false, "::ffff:10.0.0.1", -EADDRNOTAVAIL, "::ffff:10.0.0.1");
}

static void
test_ports(void)
{
	struct bpf_prison yes = jail(BPF_PRISON_RESERVED_PORTS), no = jail(0);

	for (int may = 0; may < 2; may++) {
		CHECK_INT(decide_port(&no, 0, may), PORT_ORDINARY);
		CHECK_INT(decide_port(&no, 1024, may), PORT_ORDINARY);
		CHECK_INT(decide_port(&no, 1023, may), PORT_REFUSED);
		CHECK_INT(decide_port(&no, 1, may), PORT_REFUSED);
		CHECK_INT(decide_port(&yes, 1024, may), PORT_ORDINARY);
		CHECK_INT(decide_port(&yes, 80, may), may ? PORT_GRANTED : PORT_ORDINARY);
	}
}

/* No lookup of sockets is done: the loopback stands. */
static const struct loop_find nobody = {.here = true};

static void
dest4_is(const struct bpf_prison *p, const char *asked, int want, const char *becomes)
{
	__u32 a = ip4(asked);

	CHECK_INT(decide_dest4(p, NULL, &nobody, false, &a), want);
	CHECK_INT(a, ip4(becomes));
}

static void
dest6_is(const struct bpf_prison *p, enum sock6_kind kind, const char *asked, int want,
    const char *becomes)
{
	__u32 a[4];

	ip6(asked, a);
	CHECK_INT(decide_dest6(p, NULL, NULL, kind, &nobody, false, a), want);
	CHECK(is6(a, becomes));
}

static void
test_dest(void)
{
	struct bpf_prison both = jail(0), v4 = jail4(0), v6 = jail6(0);
	struct bpf_prison free4 = jail6(BPF_PRISON_IP4_INHERIT);
	struct bpf_prison private = jail4(BPF_PRISON_LOOP_PRIVATE);

	private.loop4 = ip4("127.64.0.1");
	ip6("fd67:616f:6c00::1", private.loop6);
	dest4_is(&both, "127.0.0.1", 0, "192.168.1.11");
	dest4_is(&both, "0.0.0.0", 0, "192.168.1.11");
	dest4_is(&both, "10.0.0.1", 0, "10.0.0.1");
	dest4_is(&v6, "10.0.0.1", -EAFNOSUPPORT, "10.0.0.1");
	dest4_is(&free4, "127.0.0.1", 0, "127.0.0.1");
	dest4_is(&private, "127.0.0.1", 0, "127.64.0.1");
	dest4_is(&private, "0.0.0.0", 0, "192.168.1.11");
	dest6_is(&both, SOCK6_DUAL, "::1", 0, "2001:db8::11");
	dest6_is(&both, SOCK6_DUAL, "::", 0, "2001:db8::11");
	dest6_is(&both, SOCK6_MAPPED, "::", 0, "::ffff:192.168.1.11");
	dest6_is(&both, SOCK6_DUAL, "::ffff:127.0.0.1", 0, "::ffff:192.168.1.11");
	dest6_is(&both, SOCK6_V6, "2001:db8::99", 0, "2001:db8::99");
	dest6_is(&v4, SOCK6_DUAL, "2001:db8::99", -ENETUNREACH, "2001:db8::99");
	dest6_is(&v4, SOCK6_DUAL, "::1", -ENETUNREACH, "::1");
	dest6_is(&v4, SOCK6_DUAL, "::", 0, "::ffff:192.168.1.11");
	dest6_is(&v4, SOCK6_V6, "::", -ENETUNREACH, "::");
	dest6_is(&v6, SOCK6_DUAL, "::ffff:10.0.0.1", -EAFNOSUPPORT, "::ffff:10.0.0.1");
	dest6_is(&free4, SOCK6_DUAL, "::ffff:127.0.0.1", 0, "::ffff:127.0.0.1");
	dest6_is(&private, SOCK6_DUAL, "::1", 0, "fd67:616f:6c00::1");
	dest6_is(&private, SOCK6_DUAL, "2001:db8::99", -ENETUNREACH, "2001:db8::99");
}

static void
source4_is(
    const struct bpf_prison *p, const struct bpf_addrs4 *list, const char *dst, const char *want)
{
	__u32 src = 0;

	CHECK_INT(decide_source4(p, list, ip4(dst), &src), 0);
	CHECK_INT(src, ip4(want));
}

static void
test_source4(void)
{
	struct bpf_prison p = jail(0), off = jail(BPF_PRISON_NOSADDRSEL4);
	static struct bpf_addrs4 list;
	__u32 src;

	list.n = 4;
	list.addr[0] = p.primary4;
	list.addr[1] = ip4("127.0.2.1");
	list.addr[2] = ip4("192.168.2.11");
	list.addr[3] = ip4("10.0.0.1");
	p.n4 = off.n4 = 4;
	source4_is(&p, &list, "192.168.1.99", "192.168.1.11");
	source4_is(&p, &list, "192.168.2.99", "192.168.2.11");
	source4_is(&p, &list, "10.9.9.9", "10.0.0.1");
	/* As long a prefix as the primary's: the primary. */
	source4_is(&p, &list, "200.1.1.1", "192.168.1.11");
	source4_is(&p, &list, "200.168.2.1", "192.168.1.11");
	/* 127.0.2.1 has the longer prefix with 100.64.0.1, but never leaves the machine. */
	source4_is(&p, &list, "100.64.0.1", "10.0.0.1");
	source4_is(&p, &list, "127.9.9.9", "127.0.2.1");
	source4_is(&off, &list, "10.9.9.9", "192.168.1.11");
	source4_is(&p, NULL, "10.9.9.9", "192.168.1.11");
	/* A primary in 127/8 gives way to any other for what leaves the machine. */
	p.primary4 = list.addr[0] = ip4("127.0.0.9");
	source4_is(&p, &list, "100.64.0.1", "10.0.0.1");
	/* What the socket has already stays, if it is the jail's. */
	src = ip4("192.168.2.11");
	CHECK_INT(decide_source4(&p, &list, ip4("10.9.9.9"), &src), 0);
	CHECK_INT(src, ip4("192.168.2.11"));
	src = ip4("192.168.2.12");
	CHECK_INT(decide_source4(&p, &list, ip4("10.9.9.9"), &src), -EADDRNOTAVAIL);
	p.n4 = 0;
	CHECK_INT(decide_source4(&p, NULL, ip4("10.9.9.9"), &src), -EAFNOSUPPORT);
}

static void
test_source6(void)
{
	struct bpf_prison p = jail(0), v4 = jail4(0);
	static struct bpf_addrs6 list;
	static const struct {
		const char *dst, *want;
	} rows[] = {
	    {"2001:db8::99", "2001:db8::11"},
	    {"fd00:1::5", "fd00:1::1"},
	    {"fe80::99", "fe80::1"},
	    {"2001:db8:0:0:8000::", "2001:db8:0:0:8000::1"},
	    {"2a00::1", "2001:db8::11"},
	    {"2801:db8:0:0:8000::1", "2001:db8::11"},
	};
	__u32 dst[4], src[4];

	list.n = 4;
	ip6_copy(list.addr[0].word, p.primary6);
	ip6("fd00:1::1", list.addr[1].word);
	ip6("fe80::1", list.addr[2].word);
	ip6("2001:db8:0:0:8000::1", list.addr[3].word);
	p.n6 = 4;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(src, 0, sizeof(src));
		ip6(rows[i].dst, dst);
		CHECK_INT(decide_source6(&p, &list, dst, src), 0);
		CHECK(is6(src, rows[i].want));
	}
	ip6("2001:db8::12", src);
	CHECK_INT(decide_source6(&p, &list, dst, src), -EADDRNOTAVAIL);
	ip6("fe80::1", src);
	CHECK_INT(decide_source6(&p, &list, dst, src), 0);
	memset(src, 0, sizeof(src));
	CHECK_INT(decide_source6(&v4, NULL, dst, src), -ENETUNREACH);
}

/* What a wildcard serves beyond the address that bind gave it. */
static void
test_wild(void)
{
	struct bpf_prison one = jail(0), v4 = jail4(0), several = jail(0), v6 = jail6(0);
	struct bpf_prison free6 = jail4(BPF_PRISON_IP6_INHERIT);
	const struct {
		const struct bpf_prison *p;
		const char *asked;
		bool v6only;
		__u32 want;
	} rows[] = {
	    {&one, "::ffff:0.0.0.0", false, 0},
	    {&one, "::", false, BPF_WILD_6},
	    {&one, "::", true, 0},
	    {&v4, "::", false, 0},
	    {&several, "::ffff:0.0.0.0", false, BPF_WILD_4},
	    {&several, "::", false, BPF_WILD_4 | BPF_WILD_6},
	    {&several, "::", true, BPF_WILD_6},
	    {&several, "::ffff:192.168.1.11", false, 0},
	    {&several, "::ffff:127.0.0.1", false, 0},
	    {&several, "::1", false, 0},
	    {&v6, "::", false, BPF_WILD_6},
	    {&free6, "::", false, 0},
	};

	several.n4 = several.n6 = v6.n6 = 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		__u32 asked[4], becomes[4];

		ip6(rows[i].asked, asked);
		ip6_copy(becomes, asked);
		CHECK_INT(decide_bind6(rows[i].p, NULL, NULL, rows[i].v6only, becomes), 0);
		CHECK_INT(wild_families(rows[i].p, asked, becomes), rows[i].want);
	}
}

/* Servers of UDP: which jails need help, and what a server is given. */
static void
test_udp(void)
{
	struct bpf_prison p = {.n4 = 1};
	struct bpf_wild w = {.cgid = 7, .families = BPF_WILD_4};
	__u32 a4[4], a6[4];

	CHECK_INT(udp_is_wanted(&p), 0);
	p.n4 = 2;
	CHECK_INT(udp_is_wanted(&p), 1);
	p.flags = BPF_PRISON_IP4_INHERIT;
	CHECK_INT(udp_is_wanted(&p), 0);
	p.flags = BPF_PRISON_VNET;
	CHECK_INT(udp_is_wanted(&p), 0);
	p = (struct bpf_prison){.n4 = 1, .n6 = 1};
	CHECK_INT(udp_is_wanted(&p), 1);
	p.flags = BPF_PRISON_IP6_INHERIT;
	CHECK_INT(udp_is_wanted(&p), 0);
	p = (struct bpf_prison){.n6 = 1};
	CHECK_INT(udp_is_wanted(&p), 0);
	p.n6 = 2;
	CHECK_INT(udp_is_wanted(&p), 1);
	ip6("::ffff:192.168.1.12", a4);
	ip6("2001:db8::12", a6);
	CHECK_INT(udp_serves(&w, 7, a4), 1);
	CHECK_INT(udp_serves(&w, 8, a4), 0);
	CHECK_INT(udp_serves(&w, 7, a6), 0);
	w.families = BPF_WILD_6;
	CHECK_INT(udp_serves(&w, 7, a4), 0);
	CHECK_INT(udp_serves(&w, 7, a6), 1);
	/* A lifted listener is none of UDP. */
	w.port = 53;
	CHECK_INT(udp_serves(&w, 7, a6), 0);
}

/* A loopback of its own: who is behind 127.0.0.1 and ::1, and what of 127/8 is closed. */
static void
test_loopback(void)
{
	struct bpf_prison p = jail(BPF_PRISON_LOOP_PRIVATE), address = jail(0);
	struct bpf_prison inherit = jail(BPF_PRISON_IP4_INHERIT | BPF_PRISON_IP6_INHERIT);
	struct bpf_prison vnet = {.flags = BPF_PRISON_VNET};
	static const struct {
		struct loop_find find;
		const char *want4, *want6;
	} rows[] = {
	    {{.here = true}, "127.64.0.1", "fd67:616f:6c00::1"},
	    {{.here = true, .bound = true}, "127.64.0.1", "fd67:616f:6c00::1"},
	    {{.bound = true}, "127.64.0.1", "fd67:616f:6c00::1"},
	    {{.bound = true, .primary = true}, "192.168.1.11", "2001:db8::11"},
	    {{0}, "192.168.1.11", "2001:db8::11"},
	};
	static const struct {
		const char *dst;
		int private, address, inherit, vnet, listed;
	} closed[] = {
	    {"127.0.0.53", -ECONNREFUSED, 0, 0, 0, 0},
	    {"127.0.2.2", -ECONNREFUSED, 0, 0, 0, 0},
	    {"127.64.0.1", 0, -ECONNREFUSED, -ECONNREFUSED, 0, 0},
	    {"127.64.0.2", -ECONNREFUSED, -ECONNREFUSED, -ECONNREFUSED, 0, -ECONNREFUSED},
	    {"127.127.255.255", -ECONNREFUSED, -ECONNREFUSED, -ECONNREFUSED, 0, -ECONNREFUSED},
	    {"127.128.0.1", -ECONNREFUSED, 0, 0, 0, 0},
	    {"126.64.0.1", 0, 0, 0, 0, 0},
	};
	__u32 a[4];

	p.loop4 = ip4("127.64.0.1");
	ip6("fd67:616f:6c00::1", p.loop6);
	CHECK(loop4_is_asked(&p, IP4_LOOPBACK));
	CHECK(!loop4_is_asked(&address, IP4_LOOPBACK));
	CHECK(!loop4_is_asked(&p, ip4("127.0.0.2")));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		__u32 a4 = IP4_LOOPBACK;

		CHECK_INT(decide_dest4(&p, NULL, &rows[i].find, false, &a4), 0);
		CHECK_INT(a4, ip4(rows[i].want4));
		ip6("::1", a);
		CHECK_INT(decide_dest6(&p, NULL, NULL, SOCK6_DUAL, &rows[i].find, false, a), 0);
		CHECK(is6(a, rows[i].want6));
	}
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		__u32 a4 = ip4(closed[i].dst);

		CHECK_INT(decide_dest4(&p, NULL, &nobody, false, &a4), closed[i].private);
		CHECK_INT(decide_dest4(&p, NULL, &nobody, true, &a4), closed[i].listed);
		CHECK_INT(decide_dest4(&address, NULL, &nobody, false, &a4), closed[i].address);
		CHECK_INT(decide_dest4(&inherit, NULL, &nobody, false, &a4), closed[i].inherit);
		CHECK_INT(decide_dest4(&vnet, NULL, &nobody, false, &a4), closed[i].vnet);
		ip6_map(a, a4);
		CHECK_INT(
		    decide_dest6(&p, NULL, NULL, SOCK6_DUAL, &nobody, false, a), closed[i].private);
	}
	ip6("fd67:616f:6c00::2", a);
	CHECK_INT(decide_dest6(&p, NULL, NULL, SOCK6_DUAL, &nobody, false, a), -ECONNREFUSED);
	CHECK_INT(decide_dest6(&inherit, NULL, NULL, SOCK6_V6, &nobody, false, a), -ECONNREFUSED);
	CHECK_INT(decide_dest6(&vnet, NULL, NULL, SOCK6_V6, &nobody, false, a), 0);
	/* Control messages that say loopback. */
	a[0] = IP4_LOOPBACK;
	CHECK_INT(decide_source4(&p, NULL, ip4("10.0.0.1"), &a[0]), 0);
	CHECK_INT(a[0], p.loop4);
	a[0] = IP4_LOOPBACK;
	CHECK_INT(decide_source4(&address, NULL, ip4("10.0.0.1"), &a[0]), 0);
	CHECK_INT(a[0], p.primary4);
}

static void
test_shown(void)
{
	static const struct {
		const char *is, *shown;
	} rows[] = {
	    {"::ffff:127.64.0.1", "::ffff:127.0.0.1"},
	    {"::ffff:127.127.255.255", "::ffff:127.0.0.1"},
	    {"::ffff:127.63.255.255", "::ffff:127.63.255.255"},
	    {"::ffff:127.128.0.0", "::ffff:127.128.0.0"},
	    {"fd67:616f:6c00::7", "::1"},
	    {"fd67:616f:6c01::7", "fd67:616f:6c01::7"},
	    {"fd67:616f:6d00::7", "fd67:616f:6d00::7"},
	    {"::", "::"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		__u32 a[4];

		ip6(rows[i].is, a);
		CHECK_INT(shown6(a), strcmp(rows[i].is, rows[i].shown) != 0);
		CHECK(is6(a, rows[i].shown));
	}
}

/* Every place of a full list is found, the one behind its end is not. */
static void
test_lists(void)
{
	struct bpf_prison p = jail(0);
	static struct bpf_addrs4 list4;
	static struct bpf_addrs6 list6;

	p.n4 = p.n6 = BPF_ADDRS_MAX;
	list4.n = list6.n = BPF_ADDRS_MAX;
	for (__u32 i = 0; i < BPF_ADDRS_MAX; i++) {
		list4.addr[i] = NET32(0x0a000000U + i);
		list6.addr[i].word[3] = NET32(0x0a000000U + i);
	}
	for (__u32 i = 0; i <= BPF_ADDRS_MAX; i++) {
		__u32 a[4] = {0, 0, 0, NET32(0x0a000000U + i)};

		CHECK_INT(deliver4(&p, &list4, a[3]), i < BPF_ADDRS_MAX);
		CHECK_INT(deliver6(&p, &list6, a), i < BPF_ADDRS_MAX);
	}
	/* A number that the map's reader must not believe. */
	list4.n = list6.n = ~0U;
	CHECK(!deliver4(&p, &list4, ip4("11.0.0.1")));
	list4.n = 2;
	CHECK(!deliver4(&p, &list4, NET32(0x0a000002U)));
	CHECK(deliver4(&p, &list4, p.primary4));
}

static void
test_deliver(void)
{
	struct bpf_prison one = jail(0), none = {0}, free4 = jail6(BPF_PRISON_IP4_INHERIT);
	struct bpf_prison private = jail(BPF_PRISON_LOOP_PRIVATE);
	__u32 a[4];

	private.loop4 = ip4("127.64.0.1");
	CHECK(deliver4(&one, NULL, one.primary4));
	CHECK(!deliver4(&one, NULL, ip4("224.0.0.1")));
	CHECK(!deliver4(&one, NULL, ip4("127.64.0.1")));
	CHECK(deliver4(&private, NULL, ip4("127.64.0.1")));
	CHECK(!deliver4(&private, NULL, ip4("127.64.0.2")));
	CHECK(!deliver4(&private, NULL, ip4("127.0.0.1")));
	CHECK(!deliver4(&none, NULL, 0));
	CHECK(deliver4(&free4, NULL, ip4("1.2.3.4")));
	ip6("2001:db8::12", a);
	CHECK(!deliver6(&free4, NULL, a));
	memset(a, 0, sizeof(a));
	CHECK(!deliver6(&none, NULL, a));
	CHECK(emit4(&one, NULL, one.primary4, ip4("10.0.0.1"), NET_UDP));
	CHECK(!emit4(&one, NULL, ip4("192.168.1.12"), ip4("10.0.0.1"), NET_UDP));
	CHECK(!emit4(&one, NULL, 0, ip4("10.0.0.1"), NET_ICMP));
	CHECK(!emit4(&one, NULL, one.primary4, ip4("127.0.0.1"), NET_UDP));
	CHECK(emit4(&one, NULL, one.primary4, ip4("127.0.0.1"), NET_ICMP));
	CHECK(emit4(&private, NULL, private.loop4, private.loop4, NET_TCP));
	CHECK(!emit4(&private, NULL, private.loop4, ip4("127.64.0.2"), NET_TCP));
	CHECK(emit4(&free4, NULL, ip4("1.2.3.4"), ip4("127.0.0.1"), NET_TCP));
	ip6("::1", a);
	CHECK(!emit6(&one, NULL, one.primary6, a, NET_UDP));
	CHECK(emit6(&one, NULL, one.primary6, a, NET_ICMPV6));
	CHECK(!emit6(&one, NULL, a, one.primary6, NET_ICMPV6));
}

static void
test_dev(void)
{
	struct bpf_prison p = jail(0), host = {.flags = BPF_PRISON_HOST};
	static struct bpf_devset set;

	set.n = 3;
	set.rule[0] = (struct bpf_dev_rule){BPF_DEV_CHAR, BPF_DEV_READ, 1, 3, 5};
	set.rule[1] = (struct bpf_dev_rule){BPF_DEV_CHAR, BPF_DEV_WRITE, 1, 5, 9};
	set.rule[2] = (struct bpf_dev_rule){BPF_DEV_BLOCK, 7, 8, 0, ~0U};
	for (__u32 minor = 0; minor < 12; minor++) {
		CHECK_INT(decide_dev(&p, &set, BPF_DEV_CHAR, BPF_DEV_READ, 1, minor),
		    minor >= 3 && minor <= 5);
		CHECK_INT(
		    decide_dev(&p, &set, BPF_DEV_CHAR, BPF_DEV_READ | BPF_DEV_WRITE, 1, minor),
		    minor == 5);
	}
	CHECK(!decide_dev(&p, &set, BPF_DEV_CHAR, BPF_DEV_MKNOD, 1, 3));
	CHECK(!decide_dev(&p, &set, BPF_DEV_BLOCK, BPF_DEV_READ, 1, 3));
	CHECK(decide_dev(&p, &set, BPF_DEV_BLOCK, BPF_DEV_MKNOD, 8, ~0U));
	CHECK(!decide_dev(&p, &set, BPF_DEV_BLOCK, BPF_DEV_READ, 9, 0));
	CHECK(!decide_dev(&p, NULL, BPF_DEV_CHAR, BPF_DEV_READ, 1, 3));
	CHECK(decide_dev(&host, NULL, BPF_DEV_CHAR, BPF_DEV_READ, 1, 3));
	/* The mark of a deleted file, and only its making. */
	CHECK(decide_dev(&p, NULL, BPF_DEV_CHAR, BPF_DEV_MKNOD, 0, 0));
	CHECK(!decide_dev(&p, NULL, BPF_DEV_CHAR, BPF_DEV_READ, 0, 0));
	CHECK(!decide_dev(&p, NULL, BPF_DEV_BLOCK, BPF_DEV_MKNOD, 0, 0));
	set.n = ~0U;
	CHECK(!decide_dev(&p, &set, BPF_DEV_CHAR, BPF_DEV_READ, 99, 0));
}

int
main(void)
{
	test_socket();
	test_bind4();
	test_bind6();
	test_ports();
	test_dest();
	test_source4();
	test_source6();
	test_wild();
	test_udp();
	test_loopback();
	test_shown();
	test_lists();
	test_deliver();
	test_dev();
	return UNIT_DONE();
}
