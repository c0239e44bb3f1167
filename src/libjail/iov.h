/*
 * The pairs of jail_set(2) and jail_get(2) as the parameters of <gaol.h>: checked
 * as FreeBSD's kernel checks an option list (vfs_buildopts, vfs_getopt).
 */
#ifndef GAOL_LIBJAIL_IOV_H
#define GAOL_LIBJAIL_IOV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "base/str.h"
#include "prison/api.h"

struct err;
struct param;

/* Odd number, no NUL in a name, too much: -EINVAL without a sentence. */
int iov_check(const struct iovec *iov, unsigned n, struct err *e);

/* The caller's buffer for the sentence, or NULL. */
struct iovec *iov_errmsg(struct iovec *iov, unsigned n);
void iov_set_errmsg(struct iovec *iov, unsigned n, const char *text);

/* The value of the last pair of this name, or NULL. */
struct iovec *iov_find(struct iovec *iov, unsigned n, const char *name);

/* The last int of this name: 1 it is there, 0 it is not, -EINVAL. */
int iov_int(struct iovec *iov, unsigned n, const char *name, int *ret, struct err *e);

/* The last text of this name, or NULL; -EINVAL if it has no NUL. */
int iov_text(struct iovec *iov, unsigned n, const char *name, const char **ret, struct err *e);

/* Pairs as text.  What was given twice, in either spelling, is there once: the last. */
struct iov_params {
	struct gaol_param *list;
	size_t n;
	struct strv texts; /* owns the values */
};

int iov_params(const struct iovec *iov, unsigned n, struct iov_params *ret, struct err *e);
void iov_params_done(struct iov_params *p);
bool iov_params_has(const struct iov_params *p, const char *name);

/* Adds a boolean by its name, in place of what was there in either spelling. */
int iov_params_set(struct iov_params *p, const char *name, struct err *e);

/* Writes one value back as jail_get(2) does. */
int iov_put(struct iovec *value, const char *name, struct gaol_jail *j, struct err *e);

#endif
