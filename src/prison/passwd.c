#include "prison/passwd.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"

#define FIELDS_MAX 8

/* Splits a line in place; returns how many fields there were. */
static size_t
split(char *line, char *fields[FIELDS_MAX])
{
	size_t n = 0;

	while (n < FIELDS_MAX && (fields[n] = strsep(&line, ":")) != NULL)
		n++;
	return n;
}

static int
fill(char *fields[FIELDS_MAX], uint64_t uid, uint64_t gid, struct passwd_entry *ret)
{
	struct passwd_entry p = {.uid = (uid_t)uid, .gid = (gid_t)gid};

	p.name = strdup(fields[0]);
	p.home = strdup(fields[5]);
	p.shell = strdup(fields[6]);
	if (p.name == NULL || p.home == NULL || p.shell == NULL) {
		passwd_done(&p);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

int
passwd_find(const char *text, const char *name, uid_t uid, struct passwd_entry *ret)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *line;

	if (copy == NULL)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *fields[FIELDS_MAX];
		uint64_t u, g;

		if (split(line, fields) != 7 || num_parse_u64(fields[2], UINT32_MAX - 1, &u) < 0 ||
		    num_parse_u64(fields[3], UINT32_MAX - 1, &g) < 0)
			continue;
		if (name != NULL ? strcmp(fields[0], name) == 0 : u == uid)
			return fill(fields, u, g, ret);
	}
	return -ENOENT;
}

void
passwd_done(struct passwd_entry *p)
{
	free(p->name);
	free(p->home);
	free(p->shell);
	*p = (struct passwd_entry){0};
}

static bool
is_member(char *members, const char *name)
{
	char *one;

	while ((one = strsep(&members, ",")) != NULL)
		if (strcmp(one, name) == 0)
			return true;
	return false;
}

int
passwd_groups(const char *text, const char *name, gid_t gid, gid_t **ret, size_t *ret_n)
{
	cleanup_free char *copy = strdup(text);
	cleanup_free gid_t *groups = calloc(NGROUPS_MAX, sizeof(*groups));
	char *rest = copy, *line;
	size_t n = 0;

	if (copy == NULL || groups == NULL)
		return -ENOMEM;
	groups[n++] = gid;
	while ((line = strsep(&rest, "\n")) != NULL && n < NGROUPS_MAX) {
		char *fields[FIELDS_MAX];
		uint64_t g;

		if (split(line, fields) != 4 || num_parse_u64(fields[2], UINT32_MAX - 1, &g) < 0 ||
		    (gid_t)g == gid || !is_member(fields[3], name))
			continue;
		groups[n++] = (gid_t)g;
	}
	*ret = take_ptr(groups);
	*ret_n = n;
	return 0;
}
