/* What the files of libjail share and nobody else sees. */
#ifndef GAOL_LIBJAIL_JAILP_H
#define GAOL_LIBJAIL_JAILP_H

#include <stdbool.h>
#include <stddef.h>

#include "libjail/jail.h"
#include "libjail/sys/jail.h"

struct err;
struct gaol_jail;
struct param;

/* FreeBSD's limit for all names and values of one call. */
#define IOV_TOTAL_MAX 65536

/* Sets jail_errmsg and errno; returns -1. */
int jailp_fail(int num, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The room that a text of this parameter can need, its NUL too. */
size_t jailp_text_room(const struct param *p);

/* The size of one address of a list, 0 for all other types. */
size_t jailp_address_size(const struct param *p);

/* A comma separated list as an array; *ret is malloc'ed (never NULL) and *ret_len its bytes. */
int jailp_addresses_from_text(
    const struct param *p, const char *text, void **ret, size_t *ret_len, struct err *e);

/* An array as a comma separated list, malloc'ed; NULL: no memory. */
char *jailp_addresses_to_text(const struct param *p, const void *value, size_t len);

#endif
