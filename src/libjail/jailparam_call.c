/* jailparam_set and jailparam_get: arrays of parameters through the system calls. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "libjail/jailp.h"
#include "prison/param.h"

/* A list of addresses may change between asking for its size and reading it. */
#define GET_TRIES 5

static struct iovec
text_iov(const char *text)
{
	return (struct iovec){(void *)(uintptr_t)text, strlen(text) + 1};
}

static struct iovec *
errmsg_iov(struct iovec *iov)
{
	iov[0] = text_iov("errmsg");
	iov[1] = (struct iovec){jail_errmsg, sizeof(jail_errmsg)};
	jail_errmsg[0] = '\0';
	return iov + 2;
}

/* The kernel gives a sentence or only an errno. */
static int
call_failed(const char *call)
{
	int num = errno;

	if (jail_errmsg[0] == '\0')
		(void)jailp_fail(num, "%s: %s", call, strerror(num));
	errno = num;
	return -1;
}

/* ---- set ------------------------------------------------------------------------------- */

/*
 * Booleans are sent by name alone: one that is 0 goes by its other name, which
 * *names keeps.  The parameter itself stays as it is.
 */
static const char *
boolean_name(const struct jailparam *jp, struct strv *names)
{
	const struct param *p = param_find(jp->jp_name, NULL, NULL);
	char name[64];
	int v = 1;

	if (jp->jp_value != NULL && jp->jp_valuelen == sizeof(v))
		memcpy(&v, jp->jp_value, sizeof(v));
	if (v != 0 || p == NULL)
		return jp->jp_name;
	if (jp->jp_flags & JP_NOBOOL)
		return p->name;
	if (!param_noname(p->name, name, sizeof(name)) || strv_add(names, name) < 0)
		return NULL;
	return names->s[names->n - 1];
}

static int
set_iov(struct jailparam *jp, struct iovec *iov, struct strv *names)
{
	const char *name;

	if (jp->jp_flags & (JP_BOOL | JP_NOBOOL)) {
		name = boolean_name(jp, names);
		if (name == NULL)
			return jailp_fail(ENOMEM, "strdup: %s", strerror(ENOMEM));
		iov[0] = text_iov(name);
		iov[1] = (struct iovec){NULL, 0};
		return 0;
	}
	/* meta.KEY without a value takes the key away; all else needs one. */
	if (jp->jp_value == NULL && !(jp->jp_flags & JP_KEYVALUE) &&
	    jailparam_import(jp, jp->jp_flags & JP_JAILSYS ? "new" : "") < 0)
		return -1;
	iov[0] = text_iov(jp->jp_name);
	iov[1] = (struct iovec){jp->jp_value, jp->jp_value != NULL ? jp->jp_valuelen : 0};
	return 0;
}

int
jailparam_set(struct jailparam *jp, unsigned n, int flags)
{
	cleanup_free struct iovec *iov = calloc((size_t)n + 1, 2 * sizeof(*iov));
	cleanup_strv struct strv names = {0};
	int jid;

	if (iov == NULL)
		return jailp_fail(ENOMEM, "calloc: %s", strerror(ENOMEM));
	for (size_t i = 0; i < n; i++)
		if (set_iov(&jp[i], &iov[2 * i], &names) < 0)
			return -1;
	(void)errmsg_iov(&iov[2 * (size_t)n]);
	jid = jail_set(iov, 2 * n + 2, flags);
	return jid < 0 ? call_failed("jail_set") : jid;
}

/* ---- get ------------------------------------------------------------------------------- */

/* lastjid if it is there, else a jid that is not 0, else a name that has a text. */
static struct jailparam *
find_key(struct jailparam *jp, unsigned n)
{
	struct jailparam *jid = NULL, *name = NULL;

	for (unsigned i = 0; i < n; i++) {
		if (strcmp(jp[i].jp_name, "lastjid") == 0)
			return jp[i].jp_value != NULL ? &jp[i] : NULL;
		if (jp[i].jp_value == NULL)
			continue;
		if (strcmp(jp[i].jp_name, "jid") == 0 && *(int *)jp[i].jp_value != 0)
			jid = &jp[i];
		else if (strcmp(jp[i].jp_name, "name") == 0)
			name = &jp[i];
	}
	return jid != NULL ? jid : name;
}

static size_t
room_of(const struct jailparam *jp)
{
	const struct param *p = param_find(jp->jp_name, NULL, NULL);

	if (((unsigned)jp->jp_ctltype & CTLTYPE) == CTLTYPE_STRING && p != NULL)
		return jailp_text_room(p);
	return ((unsigned)jp->jp_ctltype & CTLTYPE) == CTLTYPE_ULONG ? sizeof(unsigned long)
								     : sizeof(int);
}

static int
make_room(struct jailparam *jp, size_t room)
{
	void *value = calloc(1, room > 0 ? room : 1);

	if (value == NULL)
		return jailp_fail(ENOMEM, "calloc: %s", strerror(ENOMEM));
	free(jp->jp_value);
	jp->jp_value = value;
	jp->jp_valuelen = room;
	return 0;
}

/* An array that the caller does not own: its size has to be asked for. */
static bool
is_sized(const struct jailparam *jp)
{
	return jp->jp_elemlen > 0 && !(jp->jp_flags & JP_RAWVALUE);
}

/*
 * The key first, then all the others; arrays are asked for their size only.
 * The iovecs of jp[i] lie where the caller finds them again by the same walk.
 */
static int
fill_iov(struct jailparam *jp, unsigned n, struct jailparam *key, struct iovec *iov)
{
	*iov++ = text_iov(key->jp_name);
	*iov++ = (struct iovec){key->jp_value, key->jp_valuelen};
	for (unsigned i = 0; i < n; i++) {
		if (&jp[i] == key)
			continue;
		if (!(jp[i].jp_flags & JP_RAWVALUE) && !is_sized(&jp[i]) &&
		    make_room(&jp[i], room_of(&jp[i])) < 0)
			return -1;
		iov[0] = text_iov(jp[i].jp_name);
		iov[1] = is_sized(&jp[i]) ? (struct iovec){NULL, 0}
					  : (struct iovec){jp[i].jp_value, jp[i].jp_valuelen};
		iov += 2;
	}
	(void)errmsg_iov(iov);
	return 0;
}

/* Room for one element more than there were just now. */
static int
size_arrays(struct jailparam *jp, unsigned n, const struct jailparam *key, struct iovec *iov)
{
	iov += 2;
	for (unsigned i = 0; i < n; i++) {
		if (&jp[i] == key)
			continue;
		if (is_sized(&jp[i])) {
			if (make_room(&jp[i], iov[1].iov_len + jp[i].jp_elemlen) < 0)
				return -1;
			iov[1] = (struct iovec){jp[i].jp_value, jp[i].jp_valuelen};
		} else {
			iov[1].iov_len = jp[i].jp_valuelen;
		}
		iov += 2;
	}
	jail_errmsg[0] = '\0';
	return 0;
}

static void
take_lengths(struct jailparam *jp, unsigned n, const struct jailparam *key, const struct iovec *iov)
{
	iov += 2;
	for (unsigned i = 0; i < n; i++) {
		if (&jp[i] == key)
			continue;
		jp[i].jp_valuelen = iov[1].iov_len;
		iov += 2;
	}
}

static int
get_arrays(
    struct jailparam *jp, unsigned n, const struct jailparam *key, struct iovec *iov, int flags)
{
	int jid = -1;

	for (int try = 0; try < GET_TRIES; try++) {
		/* The first answer gave the sizes; after a failure ask for them again. */
		if (try > 0) {
			for (unsigned i = 0, at = 2; i < n; i++) {
				if (&jp[i] == key)
					continue;
				if (is_sized(&jp[i]))
					iov[at + 1] = (struct iovec){NULL, 0};
				at += 2;
			}
			if (jail_get(iov, 2 * n + 2, flags) < 0)
				return -1;
		}
		if (size_arrays(jp, n, key, iov) < 0)
			return -1;
		jid = jail_get(iov, 2 * n + 2, flags);
		if (jid >= 0 || errno != EINVAL || jail_errmsg[0] != '\0')
			break;
	}
	return jid;
}

int
jailparam_get(struct jailparam *jp, unsigned n, int flags)
{
	cleanup_free struct iovec *iov = calloc((size_t)n + 1, 2 * sizeof(*iov));
	struct jailparam *key = find_key(jp, n);
	bool arrays = false;
	int jid;

	if (iov == NULL)
		return jailp_fail(ENOMEM, "calloc: %s", strerror(ENOMEM));
	if (key == NULL)
		return jailp_fail(ENOENT, "no jail specified");
	if (fill_iov(jp, n, key, iov) < 0)
		return -1;
	for (unsigned i = 0; i < n; i++)
		arrays |= &jp[i] != key && is_sized(&jp[i]);
	jid = jail_get(iov, 2 * n + 2, flags);
	if (jid >= 0 && arrays)
		jid = get_arrays(jp, n, key, iov, flags);
	if (jid < 0)
		return call_failed("jail_get");
	take_lengths(jp, n, key, iov);
	return jid;
}
