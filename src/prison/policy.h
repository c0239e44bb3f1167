/* From a jail's record to what the kernel is told: map entry, credentials, namespaces. */
#ifndef GAOL_PRISON_POLICY_H
#define GAOL_PRISON_POLICY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "prison/cred.h"
#include "prison/instance.h"
#include "prison/ns.h"
#include "prison/record.h"

/* The ruleset that decides about devices: devfs_ruleset, or 4 where none was given. */
unsigned policy_ruleset(const struct record *rec);

enum ns_user policy_userns(const struct record *rec);
enum cred_userns policy_cred_userns(const struct record *rec);

/* CRED_*: every permission the jail has. */
int policy_allow(const struct instance *in, const struct record *rec, uint64_t *ret, struct err *e);

/*
 * The jail's own loopback (gaol.loopback=private): what stands for 127.0.0.1 and ::1,
 * chosen by jid.  The IPv4 one is reachable without being on an interface; the IPv6 one
 * must be on lo for as long as the jail lives.  False: it has none of that family.
 */
bool policy_loop4(const struct record *rec, struct in_addr *ret);
bool policy_loop6(const struct record *rec, struct in6_addr *ret);

/* Servers of UDP on the any-address need a program for all of the jail's addresses. */
bool policy_wants_datagrams(struct instance *in, const struct record *rec);

/* Writes the jail's map entry, its addresses and its device set. */
int policy_load(struct instance *in, const struct record *rec, struct err *e);

/* Takes the jail's entry away, and what its addresses have elsewhere in the maps. */
int policy_unload(struct instance *in, const struct record *rec, struct err *e);

/* The same rights for another cgroup: the broker's, a second key to the prison. */
int policy_load_as(
    struct instance *in, const struct record *rec, uint64_t cgroup_id, struct err *e);

#endif
