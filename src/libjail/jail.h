/*
 * jail(3): the parameters of jails by name, as text or as FreeBSD's kernel has
 * them.  Functions that fail return -1 or NULL, set errno, and leave a sentence
 * in jail_errmsg.  Not thread safe, as on FreeBSD.
 */
#ifndef _JAIL_H
#define _JAIL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The bits of jp_flags. */
#define JP_RAWVALUE 0x01 /* the caller owns jp_value */
#define JP_BOOL 0x02	 /* a boolean */
#define JP_NOBOOL 0x04	 /* a boolean by its negative name ("nopersist") */
#define JP_JAILSYS 0x08	 /* JAIL_SYS_x */
#define JP_KEYVALUE 0x10 /* meta.KEY, env.KEY */

#define JAIL_ERRMSGLEN 1024

/* jp_structtype of address lists; 0 otherwise. */
#define JPS_IN_ADDR 1
#define JPS_IN6_ADDR 2

/* jp_ctltype is one of these types and flags, which FreeBSD has in <sys/sysctl.h>. */
#ifndef CTLTYPE
#define CTLTYPE 0xf
#define CTLTYPE_INT 2
#define CTLTYPE_STRING 3
#define CTLTYPE_STRUCT 5
#define CTLTYPE_ULONG 8
#define CTLFLAG_RD 0x80000000u
#define CTLFLAG_WR 0x40000000u
#define CTLFLAG_RW (CTLFLAG_RD | CTLFLAG_WR)
#define CTLFLAG_TUN 0x00080000u
#define CTLFLAG_RDTUN (CTLFLAG_RD | CTLFLAG_TUN) /* only when the jail is made */
#endif

struct jailparam {
	char *jp_name;
	void *jp_value;	    /* int, unsigned long, text, or an array of addresses; NULL: none */
	size_t jp_valuelen; /* bytes */
	size_t jp_elemlen;  /* bytes of one element of an array; 0: not an array */
	int jp_ctltype;
	int jp_structtype;
	unsigned jp_flags;
};

extern char jail_errmsg[JAIL_ERRMSGLEN];

/* The jid of a name, or of digits.  Dying jails are not found. */
int jail_getid(const char *);

/* The name of a jid; to be freed. */
char *jail_getname(int);

/*
 * Pairs of name and text, ended by (char *)NULL.  jail_setv takes a text of NULL for a
 * parameter without a value.  jail_getv writes the texts of all but the one that
 * selects the jail (lastjid, else a jid that is not 0, else name) into the buffers
 * given, which must have room.  Both return the jid.
 */
int jail_setv(int, ...);
int jail_getv(int, ...);

/* Every parameter that there is; the array is to be freed after jailparam_free.  Returns their
 * number. */
int jailparam_all(struct jailparam **);

int jailparam_init(struct jailparam *, const char *);
int jailparam_import(struct jailparam *, const char *);
int jailparam_import_raw(struct jailparam *, void *, size_t);
int jailparam_set(struct jailparam *, unsigned, int);
int jailparam_get(struct jailparam *, unsigned, int);

/* The value as text; to be freed. */
char *jailparam_export(struct jailparam *);

/* Frees names and values, not the array. */
void jailparam_free(struct jailparam *, unsigned);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
