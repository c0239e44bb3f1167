/* jail_setv and jail_getv: parameters as text in an argument list. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "libjail/jailp.h"

/* Far above what an argument list of one call can sensibly hold. */
#define PAIRS_MAX 1024

static unsigned
count_pairs(va_list ap)
{
	unsigned n = 0;

	while (n < PAIRS_MAX && va_arg(ap, char *) != NULL) {
		(void)va_arg(ap, char *);
		n++;
	}
	return n;
}

int
jail_setv(int flags, ...)
{
	struct jailparam *jp;
	unsigned n, done = 0;
	va_list ap;
	int jid = 0;

	va_start(ap, flags);
	n = count_pairs(ap);
	va_end(ap);
	jp = calloc(n > 0 ? n : 1, sizeof(*jp));
	if (jp == NULL)
		return jailp_fail(ENOMEM, "calloc: %s", strerror(ENOMEM));
	va_start(ap, flags);
	while (jid == 0 && done < n) {
		const char *name = va_arg(ap, char *), *value = va_arg(ap, char *);

		jid = jailparam_init(&jp[done], name);
		if (jid < 0)
			break;
		jid = jailparam_import(&jp[done++], value);
	}
	va_end(ap);
	if (jid == 0)
		jid = jailparam_set(jp, n, flags);
	jailparam_free(jp, done);
	free(jp);
	return jid;
}

/* Which pair selects the jail: lastjid, else a jid that is not 0, else a name; n: none. */
static unsigned
key_of(const struct jailparam *jp, char *const *values, unsigned n)
{
	unsigned key = n;
	int64_t jid;

	for (unsigned i = 0; i < n; i++) {
		if (strcmp(jp[i].jp_name, "lastjid") == 0)
			return i;
		if (strcmp(jp[i].jp_name, "jid") == 0 &&
		    num_parse_i64(values[i], INT32_MIN, INT32_MAX, &jid) == 0 && jid != 0)
			key = i;
		else if (strcmp(jp[i].jp_name, "name") == 0 &&
			 (key == n || strcmp(jp[key].jp_name, "jid") != 0))
			key = i;
	}
	return key;
}

/* The caller guarantees the room (jail(3)); nothing tells us how much there is. */
static int
export_values(struct jailparam *jp, char **values, unsigned n, unsigned key)
{
	for (unsigned i = 0; i < n; i++) {
		char *text;

		if (i == key)
			continue;
		text = jailparam_export(&jp[i]);
		if (text == NULL)
			return -1;
		memcpy(values[i], text, strlen(text) + 1);
		free(text);
	}
	return 0;
}

static int
get_values(struct jailparam *jp, char **values, unsigned n, int flags)
{
	unsigned key = key_of(jp, values, n);
	int jid;

	if (key == n)
		return jailp_fail(ENOENT, "no jail specified");
	if (jailparam_import(&jp[key], values[key]) < 0)
		return -1;
	jid = jailparam_get(jp, n, flags);
	return jid >= 0 && export_values(jp, values, n, key) < 0 ? -1 : jid;
}

int
jail_getv(int flags, ...)
{
	struct jailparam *jp;
	char **values;
	unsigned n, done = 0;
	va_list ap;
	int jid = 0;

	va_start(ap, flags);
	n = count_pairs(ap);
	va_end(ap);
	jp = calloc(n > 0 ? n : 1, sizeof(*jp));
	values = calloc(n > 0 ? n : 1, sizeof(*values));
	if (jp == NULL || values == NULL)
		jid = jailp_fail(ENOMEM, "calloc: %s", strerror(ENOMEM));
	va_start(ap, flags);
	for (; jid == 0 && done < n; done++) {
		const char *name = va_arg(ap, char *);

		values[done] = va_arg(ap, char *);
		jid = jailparam_init(&jp[done], name);
		if (jid < 0)
			break;
	}
	va_end(ap);
	if (jid == 0)
		jid = get_values(jp, values, n, flags);
	if (jp != NULL)
		jailparam_free(jp, done);
	free(jp);
	free(values);
	return jid;
}
