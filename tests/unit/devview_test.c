/*
 * What rulesets leave visible of a host that has a bit of everything.  Functions
 * called case_N are the numbered cases of devfs(8).
 */
#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "prison/devconf.h"
#include "prison/devview.h"
#include "unit.h"

static struct devhost host;
static char *defaults_text;

static const struct devhost_entry devices[] = {
    {"autofs", NULL, DEV_CHAR, 10, 235, 0600, 0, 0, false},
    {"bus", NULL, DEV_DIR, 0, 0, 0755, 0, 0, false},
    {"bus/usb", NULL, DEV_DIR, 0, 0, 0755, 0, 0, false},
    {"bus/usb/001", NULL, DEV_DIR, 0, 0, 0755, 0, 0, false},
    {"bus/usb/001/002", NULL, DEV_CHAR, 189, 1, 0664, 0, 0, false},
    {"console", NULL, DEV_CHAR, 5, 1, 0600, 0, 0, false},
    {"dri", NULL, DEV_DIR, 0, 0, 0755, 0, 0, false},
    {"dri/card0", NULL, DEV_CHAR, 226, 0, 0660, 0, 44, false},
    {"dri/renderD128", NULL, DEV_CHAR, 226, 128, 0660, 0, 105, false},
    {"fuse", NULL, DEV_CHAR, 10, 229, 0666, 0, 0, false},
    {"hvc0", NULL, DEV_CHAR, 229, 0, 0600, 0, 0, false},
    {"kmem", NULL, DEV_CHAR, 1, 2, 0640, 0, 9, false},
    {"kmsg", NULL, DEV_CHAR, 1, 11, 0644, 0, 0, false},
    {"loop0", NULL, DEV_BLOCK, 7, 0, 0660, 0, 6, false},
    {"md0", NULL, DEV_BLOCK, 9, 0, 0660, 0, 6, false},
    {"mem", NULL, DEV_CHAR, 1, 1, 0640, 0, 9, false},
    {"net", NULL, DEV_DIR, 0, 0, 0755, 0, 0, false},
    {"net/other", NULL, DEV_CHAR, 10, 99, 0600, 0, 0, false},
    {"net/tun", NULL, DEV_CHAR, 10, 200, 0666, 0, 0, false},
    {"nvme0n1", NULL, DEV_BLOCK, 259, 0, 0660, 0, 6, false},
    {"nvme0n1p2", NULL, DEV_BLOCK, 259, 2, 0660, 0, 6, false},
    {"port", NULL, DEV_CHAR, 1, 4, 0640, 0, 9, false},
    {"sda", NULL, DEV_BLOCK, 8, 0, 0660, 0, 6, false},
    {"sda1", NULL, DEV_BLOCK, 8, 1, 0660, 0, 6, false},
    {"sdab", NULL, DEV_BLOCK, 65, 176, 0660, 0, 6, false},
    {"snd", NULL, DEV_DIR, 0, 0, 0755, 0, 0, false},
    {"snd/controlC0", NULL, DEV_CHAR, 116, 0, 0660, 0, 29, false},
    {"snd/pcmC0D0p", NULL, DEV_CHAR, 116, 16, 0660, 0, 29, false},
    {"sr0", NULL, DEV_BLOCK, 11, 0, 0660, 0, 24, false},
    {"st0", NULL, DEV_CHAR, 9, 0, 0660, 0, 26, false},
    {"tty1", NULL, DEV_CHAR, 4, 1, 0600, 0, 0, false},
    {"ttyS0", NULL, DEV_CHAR, 4, 64, 0660, 0, 20, false},
    {"ttyprintk", NULL, DEV_CHAR, 5, 3, 0600, 0, 0, false},
    {"ttyMXC0", NULL, DEV_CHAR, 207, 16, 0660, 0, 20, false},
    {"ttyUSB0", NULL, DEV_CHAR, 188, 0, 0660, 0, 20, false},
    {"usb", NULL, DEV_DIR, 0, 0, 0755, 0, 0, false},
    {"usb/0.1.0", NULL, DEV_CHAR, 180, 0, 0660, 0, 0, false},
    {"usbctl", NULL, DEV_CHAR, 180, 1, 0660, 0, 0, false},
    {"zfs", NULL, DEV_CHAR, 10, 249, 0666, 0, 0, false},
};

static void
make_host(void)
{
	CHECK_INT(devhost_fixed(&host, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		CHECK_INT(devhost_add(&host, &devices[i]), 0);
	devhost_sort(&host);
}

struct view {
	struct devview_state *state;
	struct dev_node *nodes;
	size_t n;
};

static void
view_done(struct view *v)
{
	free(v->state);
	free(v->nodes);
}

#define cleanup_view __attribute__((cleanup(view_done)))

/* The ruleset `num` of a devfs.rules text, on top of the default ones. */
static struct view
look(const char *text, unsigned num)
{
	static const struct dev_ids no_ids = {NULL, NULL, NULL, NULL};
	static const struct dev_rulesets nothing;
	cleanup_devconf struct devconf c = {0};
	cleanup_str struct str out = STR_EMPTY;
	struct devmatch_plan *plan = NULL;
	struct view v = {0};

	CHECK_INT(devconf_init(&c, &nothing, &no_ids, NULL), 0);
	CHECK_INT(devconf_feed(&c, "defaults", defaults_text, NULL), 0);
	CHECK_INT(devconf_feed(&c, "test", text, NULL), 0);
	CHECK_INT(c.warnings.n, 0);
	if (c.warnings.n > 0)
		(void)fprintf(stderr, "%s\n", c.warnings.s[0]);
	CHECK_INT(devmatch_plan(&c.sets, num, &plan, NULL), 0);
	CHECK_INT(devview_start(&host, &v.state), 0);
	devview_apply(&host, plan, v.state);
	devview_resolve(&host, v.state);
	CHECK_INT(devview_format(&host, v.state, &out), 0);
	CHECK_INT(devview_parse(str_get(&out), &v.nodes, &v.n), 0);
	devmatch_plan_free(plan);
	return v;
}

static const struct dev_node *
find(const struct view *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->nodes[i].name, name) == 0)
			return &v->nodes[i];
	return NULL;
}

/* All names, joined by blanks, those that are always there left out. */
static const char *
names(const struct view *v)
{
	static char buf[2048];
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < v->n; i++)
		if (!v->nodes[i].always)
			len += (size_t)snprintf(
			    buf + len, sizeof(buf) - len, "%s%s", len ? " " : "", v->nodes[i].name);
	return buf;
}

#define CHECK_NAMES(text, num, want)                           \
	do {                                                   \
		cleanup_view struct view v_ = look(text, num); \
		CHECK_STR(names(&v_), want);                   \
	} while (0)

#define HIDE "[x=100]\nadd hide\n"

/* What a jail has by default, on a host with serial ports and disks: none of them. */
static void
ruleset_4(void)
{
	cleanup_view struct view v = look("", 4);

	CHECK_STR(names(&v),
	    "fd fuse log null ptmx pts pts/ random stderr stdin stdout urandom zero zfs");
	CHECK(find(&v, "tty") != NULL && find(&v, "shm") != NULL && find(&v, "mqueue") != NULL);
	CHECK_INT(devnodes_grants(v.nodes, v.n), DEV_GRANT_PTS);
	CHECK(!devnodes_allows_bpf(v.nodes, v.n));
	CHECK_STR(find(&v, "log")->target, "/run/log");
	CHECK_STR(find(&v, "ptmx")->target, "pts/ptmx");
	CHECK_INT(find(&v, "null")->mode, 0666);
}

static void
no_ruleset(void)
{
	cleanup_view struct view v = look("", 0);

	CHECK_INT(v.n, host.n);
	CHECK_INT(devnodes_grants(v.nodes, v.n),
	    DEV_GRANT_BPF | DEV_GRANT_PF | DEV_GRANT_MEM | DEV_GRANT_PTS);
}

static void
case_13(void)
{
	CHECK_NAMES(HIDE "add path 'usb*' unhide\n", 100, "bus bus/usb usb usbctl");
}

static void
case_14(void)
{
	cleanup_view struct view v = look(HIDE "add path '*' unhide\n", 100);
	cleanup_view struct view w = look(HIDE "add path '*' unhide\nadd path '*/*' unhide\n", 100);

	CHECK(find(&v, "null") != NULL && find(&v, "dri") != NULL && find(&v, "sda") != NULL);
	CHECK(find(&v, "dri/card0") == NULL);
	CHECK(find(&w, "dri/card0") != NULL);
}

static void
case_15(void)
{
	cleanup_view struct view v = look(HIDE "add path 'pts/0' unhide\n", 100);
	cleanup_view struct view w =
	    look(HIDE "add path 'pts/0' unhide\nadd path pts unhide\n", 100);

	CHECK_STR(names(&v), "");
	CHECK_INT(devnodes_grants(v.nodes, v.n), 0);
	CHECK_INT(devnodes_grants(w.nodes, w.n), DEV_GRANT_PTS);
}

/* On Linux urandom is a device of its own: it opens where FreeBSD's link would lead nowhere. */
static void
case_18(void)
{
	CHECK_NAMES(HIDE "add path urandom unhide\n", 100, "urandom");
}

static void
case_19(void)
{
	cleanup_view struct view v = look("[x=100]\nadd type tty hide\n", 100);

	CHECK(find(&v, "tty1") == NULL && find(&v, "ttyS0") == NULL && find(&v, "hvc0") == NULL);
	CHECK(find(&v, "ttyUSB0") == NULL && find(&v, "console") == NULL);
	CHECK(find(&v, "stdin") != NULL && find(&v, "null") != NULL && find(&v, "pts") != NULL);
	CHECK_INT(devnodes_grants(v.nodes, v.n) & DEV_GRANT_PTS, 0);
}

/* FreeBSD stops at the first level; here an include means what it says. */
static void
case_20(void)
{
	cleanup_view struct view a = look("[x=10]\nadd include 4\n", 10);
	cleanup_view struct view b = look("", 4);

	CHECK_INT(a.n, b.n);
	for (size_t i = 0; i < a.n && i < b.n; i++)
		CHECK_STR(a.nodes[i].name, b.nodes[i].name);
}

static void
case_21(void)
{
	cleanup_view struct view v = look("", 5);
	cleanup_view struct view old = look("[old=50]\nadd include 4\nadd path pf unhide\n", 50);

	CHECK_STR(names(&v),
	    "fd fuse log null pf ptmx pts pts/ random stderr stdin stdout urandom zero zfs");
	CHECK_INT(devnodes_grants(v.nodes, v.n), DEV_GRANT_PF | DEV_GRANT_PTS);
	CHECK_INT(old.n, v.n);
}

static void
case_12(void)
{
	CHECK_NAMES(HIDE "add path null unhide hide\n", 100, "null");
	CHECK_NAMES(HIDE "add path null unhide\nadd path null hide\n", 100, "");
}

static void
case_11(void)
{
	cleanup_view struct view v = look("[x=100]\nadd type disk type tape mode 600\n", 100);

	CHECK_INT(find(&v, "sda")->mode, 0600);
	CHECK_INT(find(&v, "st0")->mode, 0600);
	CHECK_INT(find(&v, "mem")->mode, 0640);
	CHECK_INT(find(&v, "null")->mode, 0666);
}

static void
conditions(void)
{
	CHECK_NAMES(HIDE "add path 's*' type tape unhide\n", 100, "st0");
	CHECK_NAMES(HIDE "add type mem unhide\n", 100, "kmem mem port");
	CHECK_NAMES(HIDE "add type tape unhide\n", 100, "st0");
	/* A link, a directory, a right: no device that `type` could see. */
	CHECK_NAMES("[x=100]\nadd hide\nadd type disk type tape type mem type tty unhide\nadd type "
		    "disk type tty "
		    "type mem hide\n",
	    100, "st0");
}

/* FreeBSD's names mean the same devices. */
static void
freebsd_names(void)
{
	CHECK_NAMES(HIDE "add path 'tap*' unhide\n", 100, "net net/tun");
	CHECK_NAMES(HIDE "add path tun37 unhide\n", 100, "net net/tun");
	CHECK_NAMES(HIDE "add path tap unhide\n", 100, "net net/tun");
	CHECK_NAMES(HIDE "add path tunnel unhide\n", 100, "");
	CHECK_NAMES(HIDE "add path net unhide\n", 100, "net");
	CHECK_NAMES(HIDE "add path 'net/tun' unhide\n", 100, "");
	CHECK_NAMES(HIDE "add path net unhide\nadd path 'net/tun' unhide\n", 100, "net net/tun");
	CHECK_NAMES(HIDE "add path da0 unhide\n", 100, "sda");
	CHECK_NAMES(HIDE "add path ada27 unhide\n", 100, "sdab");
	CHECK_NAMES(HIDE "add path 'ada0*' unhide\n", 100, "sda sda1");
	CHECK_NAMES(HIDE "add path da0s1 unhide\n", 100, "sda1");
	CHECK_NAMES(HIDE "add path 'nvd*' unhide\n", 100, "nvme0n1 nvme0n1p2");
	CHECK_NAMES(HIDE "add path nda0p2 unhide\n", 100, "nvme0n1p2");
	CHECK_NAMES(HIDE "add path 'cd*' unhide\n", 100, "sr0");
	CHECK_NAMES(HIDE "add path sa0 unhide\n", 100, "st0");
	CHECK_NAMES(HIDE "add path ttyv0 unhide\n", 100, "tty1");
	CHECK_NAMES(HIDE "add path 'ttyu*' unhide\n", 100, "ttyS0");
	CHECK_NAMES(HIDE "add path cuaU0 unhide\n", 100, "ttyUSB0");
	CHECK_NAMES(HIDE "add path klog unhide\n", 100, "kmsg");
	CHECK_NAMES(HIDE "add path io unhide\n", 100, "port");
	CHECK_NAMES(HIDE "add path 'dsp*' unhide\n", 100, "snd snd/pcmC0D0p");
	CHECK_NAMES(HIDE "add path 'drm/*' unhide\n", 100, "");
	CHECK_NAMES(HIDE "add path drm unhide\nadd path 'drm/*' unhide\n", 100,
	    "dri dri/card0 dri/renderD128");
	CHECK_NAMES(
	    HIDE "add path 'ugen0.*' unhide\n", 100, "bus bus/usb bus/usb/001 bus/usb/001/002");
	/* Hidden under either name. */
	CHECK_NAMES(HIDE "add path sda unhide\nadd path 'ada*' hide\n", 100, "");
}

/* Patterns that mean pseudo terminals, or memory disks, and hit other things on Linux. */
static void
accidents(void)
{
	CHECK_NAMES(HIDE
	    "add path 'ttyS*' unhide\nadd path 'ttyp*' unhide\nadd path 'ttyM*' unhide\n",
	    100, "");
	CHECK_NAMES(HIDE "add path ttyS0 unhide\n", 100, "ttyS0");
	CHECK_NAMES(HIDE "add path 'ttyS[0-9]' unhide\n", 100, "ttyS0");
	CHECK_NAMES(HIDE "add path ttyS0 unhide\nadd path 'ttyS*' hide\n", 100, "");
	CHECK_NAMES(HIDE "add path 'md*' unhide\n", 100, "loop0");
}

static void
rights(void)
{
	static const struct {
		const char *rules;
		unsigned grants;
	} table[] = {
	    {HIDE, 0},
	    {HIDE "add path 'bpf*' unhide\n", DEV_GRANT_BPF},
	    {HIDE "add path bpf unhide\n", DEV_GRANT_BPF},
	    {HIDE "add path bpf0 unhide\n", DEV_GRANT_BPF},
	    {HIDE "add path 'bpf[0-9]*' unhide\n", DEV_GRANT_BPF},
	    {HIDE "add path bpfx unhide\n", 0},
	    {HIDE "add path 'bpf*' unhide\nadd path bpf hide\n", 0},
	    {HIDE "add path mem unhide\n", DEV_GRANT_MEM},
	    {HIDE "add path kmem unhide\n", DEV_GRANT_MEM},
	    {HIDE "add path pf unhide\n", DEV_GRANT_PF},
	    {HIDE "add path pts unhide\n", 0},
	    {HIDE "add path pts unhide\nadd path 'pts/*' unhide\n", DEV_GRANT_PTS},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		cleanup_view struct view v = look(table[i].rules, 100);

		if (devnodes_grants(v.nodes, v.n) != table[i].grants) {
			(void)fprintf(stderr, "grants %x, not %x:\n%s",
			    devnodes_grants(v.nodes, v.n), table[i].grants, table[i].rules);
			unit_failed++;
		}
	}
}

/* Deep, wide, and with each set included twice: 2 to the 40th ways, and 2,000 levels. */
static void
many_includes(void)
{
	cleanup_str struct str text = STR_EMPTY;

	CHECK_INT(str_add(&text, "[x=1000]\nadd hide\nadd path null unhide\n"), 0);
	for (unsigned i = 1001; i <= 1040; i++)
		CHECK_INT(
		    str_addf(&text, "[x=%u]\nadd include %u\nadd include %u\n", i, i - 1, i - 1),
		    0);
	for (unsigned i = 1041; i <= 3000; i++)
		CHECK_INT(str_addf(&text, "[x=%u]\nadd include %u\n", i, i - 1), 0);
	CHECK_NAMES(str_get(&text), 1040, "null");
	CHECK_NAMES(str_get(&text), 3000, "null");
}

static void
owners(void)
{
	cleanup_view struct view v =
	    look("[x=100]\nadd path sda user 7 group 8 mode u=rw\nadd path 'sd*' group 9\n", 100);
	const struct dev_node *d = find(&v, "sda");

	CHECK_INT(d->uid, 7);
	CHECK_INT(d->gid, 9);
	CHECK_INT(d->mode, 0600);
	CHECK_INT(find(&v, "sda1")->gid, 9);
	CHECK_INT(find(&v, "sda1")->mode, 0660);
	/* What no rule hides, none changes either. */
	CHECK_INT(find(&v, "shm")->mode, 01777);
}

static void
numbers(void)
{
	cleanup_view struct view v = look("", 4);
	cleanup_free struct bpf_dev_rule *r = NULL;
	size_t n = 0;
	bool pts = false, null = false, zero = false, full = false, mknod = false;

	CHECK_INT(devnodes_devices(v.nodes, v.n, &r, &n, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		mknod |= (r[i].access & BPF_DEV_MKNOD) != 0;
		if (r[i].type != BPF_DEV_CHAR)
			unit_failed++;
		pts |= r[i].major == 136 && r[i].minor_first == 0 && r[i].minor_last == ~0u;
		if (r[i].major != 1)
			continue;
		null |= r[i].minor_first <= 3 && r[i].minor_last >= 3;
		zero |= r[i].minor_first <= 5 && r[i].minor_last >= 5;
		full |= r[i].minor_first <= 7 && r[i].minor_last >= 7;
	}
	CHECK(pts && null && zero && !full && !mknod);
	/* 1:3, 1:5, 1:8-9, 5:0, 5:2, 10:229, 10:249, 136:* */
	CHECK_INT(n, 8);
}

static void
parse_refuses(void)
{
	static const char *const bad[] = {"c 1 3\n", "x 1 3 666 0 0 0 - null\n",
	    "c 1 3 9 0 0 0 - null\n", "c 1 3 666 0 0 0 - \n", "c a 3 666 0 0 0 - null\n", "\n"};
	struct dev_node *nodes;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(devview_parse(bad[i], &nodes, &n) < 0);
	CHECK_INT(devview_parse("c 1 3 666 1 2 0 - odd name\n", &nodes, &n), 0);
	CHECK_INT(n, 1);
	CHECK_STR(nodes[0].name, "odd name");
	free(nodes);
	CHECK_INT(devview_parse("", &nodes, &n), 0);
	CHECK_INT(n, 0);
	free(nodes);
}

int
main(int argc, char **argv)
{
	if (argc != 2 || path_read(AT_FDCWD, argv[1], 1 << 20, &defaults_text, NULL) < 0) {
		(void)fprintf(stderr, "usage: devview_test devfs.rules\n");
		return 2;
	}
	make_host();
	ruleset_4();
	no_ruleset();
	case_11();
	case_12();
	case_13();
	case_14();
	case_15();
	case_18();
	case_19();
	case_20();
	case_21();
	conditions();
	freebsd_names();
	accidents();
	rights();
	many_includes();
	owners();
	numbers();
	parse_refuses();
	devhost_done(&host);
	free(defaults_text);
	return UNIT_DONE();
}
