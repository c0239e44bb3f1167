/* No memory, at each allocation in turn: an error, nothing lost, and the next attempt works. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

static unsigned long allocations, fails_at; /* 0: never */

static bool
refused(void)
{
	return ++allocations == fails_at;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);

void *
__wrap_malloc(size_t n)
{
	return refused() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return refused() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return refused() ? NULL : __real_reallocarray(p, n, size);
}

static const char good[] =
    "x = 1; $l = a, b; path = \"/j/$name\"; f { y = $l; y += \"$name-${path}\"; allow.nomount; }\n"
    "\"f.*\" { allow.mount; z += q; } \"*.g.*\" { w; } f.g { noallow.mount; } f.g.h { $d = $name; "
    "e = $d; }\n"
    "5 { a { } v = ${jid}; } bad { t = $nope; u = \"$u\"; $name = 1; name = 2; m = \"$l.\"; }\n";

static const char broken[] = "f { a = b c; } g { = ; h { \"x; }\n{ $a { } .include q; } ${x";

/* Text and verdicts of all jails as one number, so that attempts can be compared. */
static unsigned long
digest(struct conf *c, bool *ret_complete)
{
	unsigned long sum = 5381;

	*ret_complete = true;
	for (size_t i = 0; i < conf_count(c); i++) {
		struct conf_jail *j = conf_jail_at(c, i);
		const struct conf_message *m;
		const struct conf_param *p;
		size_t n = conf_jail_messages(j, &m);

		for (size_t k = 0; k < n; k++) {
			if (strcmp(m[k].text, "Cannot allocate memory") == 0)
				*ret_complete = false;
			for (const char *s = m[k].text; *s != '\0'; s++)
				sum = sum * 33 + (unsigned char)*s;
		}
		n = conf_jail_params(j, &p);
		for (size_t k = 0; k < n; k++)
			for (size_t v = 0; v < p[k].nvalues; v++)
				for (const char *s = p[k].values[v]; *s != '\0'; s++)
					sum = sum * 33 + (unsigned char)*s;
		(void)conf_jail_param(j, "path");
	}
	return sum;
}

static bool
attempt(const char *text, size_t len, unsigned long want_sum, size_t want_messages)
{
	const struct conf_message *m;
	bool complete, right;
	struct conf *c = NULL;
	int r = conf_parse(NULL, text, len, &c, NULL);

	if (r < 0)
		return r == -ENOMEM && c == NULL;
	(void)digest(c, &complete);
	fails_at = 0;
	right =
	    digest(c, &complete) == want_sum && complete && conf_messages(c, &m) == want_messages;
	conf_free(c);
	return right;
}

static unsigned
check(const char *name, const char *text, size_t len)
{
	const struct conf_message *m;
	unsigned long sum, total;
	struct conf *c;
	size_t messages;
	bool complete;

	fails_at = 0;
	allocations = 0;
	if (conf_parse(NULL, text, len, &c, NULL) < 0)
		return 1;
	sum = digest(c, &complete);
	messages = conf_messages(c, &m);
	total = allocations;
	conf_free(c);
	for (unsigned long n = 1; n <= total; n++) {
		allocations = 0;
		fails_at = n;
		if (!attempt(text, len, sum, messages)) {
			(void)printf("FAILED %s: without allocation %lu of %lu\n", name, n, total);
			return 1;
		}
	}
	(void)printf("ok %s: %lu allocations\n", name, total);
	return total < 20;
}

int
main(void)
{
	unsigned failed = check("good", good, sizeof(good) - 1);

	failed += check("broken", broken, sizeof(broken) - 1);
	return failed == 0 ? 0 : 1;
}
