#include "jail/effect.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "jail/args.h"
#include "prison/param.h"

/* The kernel asks for these capabilities in its first user namespace only. */
static const char *const first_namespace_only[] = {
    "allow.adjtime", "allow.chflags", "allow.mlock", "allow.read_msgbuf", "allow.settime"};

/* Does it ask for more than it would get by saying nothing? */
static bool
is_on(const struct arg *a)
{
	bool on = false;

	return a->row->type != PARAM_BOOL || arg_bool(a, &on, NULL) < 0 || on;
}

const char *
effect_missing(const struct arg *a, const struct args *set, const char **ret_write)
{
	const char *userns = args_string(set, "gaol.userns");

	*ret_write = NULL;
	if (a->row == NULL || !is_on(a))
		return NULL;
	if (a->row->flags & PARAM_NOEFFECT)
		return a->row->doc;
	if (userns != NULL && strcasecmp(userns, "inherit") == 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(first_namespace_only); i++) {
		if (strcmp(a->row->name, first_namespace_only[i]) != 0)
			continue;
		*ret_write = "gaol.userns = inherit;";
		return "the kernel grants it in its first user namespace only";
	}
	return NULL;
}
