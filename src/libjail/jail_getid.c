/* jail_getid and jail_getname. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "libjail/gaol.h"
#include "libjail/jailp.h"

int
jail_getid(const char *name)
{
	struct err e = {0};
	uint64_t number;
	int jid;

	/* 0 is the caller's own jail, and needs no asking. */
	if (num_parse_u64(name, JAIL_MAX, &number) == 0 && number == 0)
		return 0;
	jid = gaol_getid(name, &e);
	return jid < 0 ? jailp_fail(e.num, "%s", e.text) : jid;
}

char *
jail_getname(int jid)
{
	struct err e = {0};
	struct gaol_jail *j;
	const char *name;
	char *copy;

	if (gaol_get(jid, &j, &e) < 0) {
		(void)jailp_fail(e.num, "%s", e.text);
		return NULL;
	}
	name = gaol_jail_value(j, "name");
	copy = strdup(name != NULL ? name : "");
	gaol_jail_free(j);
	if (copy == NULL)
		(void)jailp_fail(ENOMEM, "strdup: %s", strerror(ENOMEM));
	return copy;
}
