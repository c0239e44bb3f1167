/*
 * The work of reading a jail.conf grows as the file does.  No clock: counted are the
 * basic blocks of the parser that run (its objects are compiled with
 * -fsanitize-coverage=trace-pc) and the bytes that libc's functions touch or hand out
 * for it, eight to a step, by the linker's --wrap.  The same numbers on every machine.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "conf/conf.h"

static uint64_t blocks, bytes;

void __sanitizer_cov_trace_pc(void);

void
__sanitizer_cov_trace_pc(void)
{
	blocks++;
}

#define WRAP(type, name, formal, actual, cost)    \
	type __real_##name formal;                \
	type __wrap_##name formal;                \
	type __wrap_##name formal                 \
	{                                         \
		type ret_ = __real_##name actual; \
                                                  \
		bytes += 8 + (uint64_t)(cost);    \
		return ret_;                      \
	}

/* What a search came to: all of it if nothing was found. */
#define FOUND(s, n) (ret_ != NULL ? (size_t)((const char *)ret_ - (const char *)(s)) : (n))

WRAP(void *, memcpy, (void *to, const void *from, size_t n), (to, from, n), n)
WRAP(void *, memmove, (void *to, const void *from, size_t n), (to, from, n), n)
WRAP(int, memcmp, (const void *a, const void *b, size_t n), (a, b, n), n)
WRAP(void *, memchr, (const void *s, int c, size_t n), (s, c, n), FOUND(s, n))
WRAP(void *, memmem, (const void *s, size_t n, const void *what, size_t len), (s, n, what, len),
    FOUND(s, n))
WRAP(size_t, strlen, (const char *s), (s), ret_)
WRAP(size_t, strnlen, (const char *s, size_t n), (s, n), ret_)
WRAP(size_t, strcspn, (const char *s, const char *set), (s, set), ret_)
WRAP(char *, strpbrk, (const char *s, const char *set), (s, set), FOUND(s, __real_strlen(s)))
WRAP(char *, strchr, (const char *s, int c), (s, c), FOUND(s, __real_strlen(s)))
WRAP(char *, strrchr, (const char *s, int c), (s, c), __real_strlen(s))
WRAP(int, strcmp, (const char *a, const char *b), (a, b), ret_ == 0 ? __real_strlen(a) : 0)
WRAP(int, strncmp, (const char *a, const char *b, size_t n), (a, b, n), n)
WRAP(void *, malloc, (size_t n), (n), n / 8)
WRAP(void *, calloc, (size_t n, size_t size), (n, size), n *size)
WRAP(void *, realloc, (void *p, size_t n), (p, n), n)
WRAP(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size), n *size)

static void
add(struct str *s, const char *fmt, unsigned i)
{
	char line[400];
	int n;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	n = snprintf(line, sizeof(line), fmt, i, i, i, i);
#pragma GCC diagnostic pop
	if (n < 0 || (size_t)n >= sizeof(line) || str_addn(s, line, (size_t)n) < 0)
		abort();
}

enum extent { ONE, ALL };

struct shape {
	const char *name;
	const char *head;
	const char *each; /* printed with the number, up to four times */
	const char *tail;
	enum extent extent; /* what is resolved */
	const char *jail;
	unsigned small, large;
};

#define INHERITED                                                                              \
	"path = \"/jails/$name\"; host.hostname = \"$name.example.org\"; exec.clean;"          \
	"exec.start = \"/bin/sh /etc/rc\"; exec.stop = \"/bin/sh /etc/rc.shutdown jail\";"     \
	"mount.devfs; allow.mount; allow.mount.nullfs; allow.nochflags; enforce_statfs = 1;"   \
	"securelevel = 2; devfs_ruleset = 4; stop.timeout = 30; sysvmsg = new; sysvsem = new;" \
	"sysvshm = new; interface = lo; exec.consolelog = \"/var/log/jail_$name.log\";\n"

static const struct shape shapes[] = {
    {"jails", INHERITED, "j%06u { ip4.addr = 10.0.0.1; }\n", "", ONE, "j000500", 1000, 100000},
    {"jails, all resolved", INHERITED, "j%06u { ip4.addr = 10.0.0.1; }\n", "", ALL, NULL, 1000,
	100000},
    {"parameters of one jail", "f {\n", "p%06u.q = \"value $name\";\n", "}", ONE, "f", 1000, 20000},
    {"no-forms of one jail", "f {\n", "p%06u.q; p%06u.noq; nop%06u.q;\n", "}", ONE, "f", 1000,
	20000},
    {"variables of one jail", "f {\n", "$v%06u = \"$name\"; x%06u = \"${v%06u}\";\n", "}", ONE, "f",
	1000, 20000},
    {"variables in one string", "$v = word; f { x = \"", "$v ", "\"; }", ONE, "f", 1000, 100000},
    {"unknown variables in one string", "f { x = \"", "$v%06u ", "\"; }", ONE, "f", 1000, 20000},
    {"elements of one list", "f { $l = a, b; x = y", ", $l", "; }", ONE, "f", 1000, 100000},
    {"additions to one list", "f {\n", "x += \"$name-%06u\";\n", "}", ONE, "f", 1000, 100000},
    {"a chain of variables", "f { $v000000 = a; x = $y;\n", "$w%06u = $v%06u; $v%06u = $w%06u;\n",
	"}", ONE, "f", 1000, 20000},
    {"globals between jails", "", "g%06u = 1; j%06u { }\n", "", ONE, "j000500", 1000, 100000},
    {"wildcards", "", "\"w%06u.*.x\" { p; } w%06u.a.x { }\n", "", ALL, NULL, 1000, 100000},
    {"syntax errors", "", "a b%06u c;\n", "", ALL, NULL, 1000, 100000},
    {"syntax errors of one line", "", "a b%06u c;", "", ALL, NULL, 1000, 20000},
    {"failed jails", "x = $nope;\n", "j%06u { }\n", "", ALL, NULL, 1000, 100000},
    {"pieces of one string", "f { x = ", "a+$+%06u", "; }", ONE, "f", 1000, 100000},
};

static uint64_t
work(const struct shape *s, unsigned n)
{
	cleanup_str struct str text = STR_EMPTY;
	const struct conf_param *p;
	struct conf *c;

	if (str_add(&text, s->head) < 0)
		abort();
	for (unsigned i = 0; i < n; i++)
		add(&text, s->each, i);
	if (str_add(&text, s->tail) < 0)
		abort();
	blocks = bytes = 0;
	if (conf_parse("growth.conf", text.s, text.len, &c, NULL) < 0)
		abort();
	if (s->extent == ALL)
		(void)conf_resolve_all(c);
	else if (conf_jail_params(conf_jail_find(c, s->jail), &p) == 0)
		abort();
	conf_free(c);
	return blocks + bytes / 8;
}

/*
 * Tables and arrays double, so that at one size they may cost up to twice their
 * share of what they do at another; their share is less than a fifth.
 */
static bool
within(uint64_t small, uint64_t large, unsigned growth)
{
	return large <= small * growth + small * growth / 5;
}

static bool
check(const struct shape *s)
{
	uint64_t small = work(s, s->small), large = work(s, s->large);
	unsigned growth = s->large / s->small;
	bool good = within(small, large, growth) && small > s->small;

	(void)printf("%s %s: %u to %u (%u times): %llu to %llu steps (%.1f times)\n",
	    good ? "ok" : "FAILED", s->name, s->small, s->large, growth, (unsigned long long)small,
	    (unsigned long long)large, (double)large / (double)small);
	return good;
}

/* A loop that walks to the end of a string to add to it: these counters must see that. */
static uint64_t
quadratic(unsigned n)
{
	cleanup_str struct str s = STR_EMPTY;

	bytes = blocks = 0;
	for (unsigned i = 0; i < n; i++)
		if (str_add(&s, "x") < 0 || strlen(s.s) != s.len)
			abort();
	return blocks + bytes / 8;
}

int
main(void)
{
	uint64_t small = quadratic(1000), large = quadratic(20000);
	unsigned failed = 0;

	if (within(small, large, 20)) {
		(void)printf("FAILED a quadratic loop passes: the counters do not count\n");
		failed++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		failed += !check(&shapes[i]);
	return failed == 0 ? 0 : 1;
}
