/* Entering a jail that runs: what gaol_spawn, gaol_run and gaol_attach share. */
#ifndef GAOL_PRISON_ENTER_H
#define GAOL_PRISON_ENTER_H

#include "base/err.h"
#include "base/str.h"
#include "prison/api.h"
#include "prison/cred.h"
#include "prison/instance.h"
#include "prison/passwd.h"
#include "prison/record.h"

/* Everything that is opened before entering; all -EBADF when empty. */
struct enter_doors {
	struct record rec;
	int keeper; /* pidfd */
	int cgroup; /* the prison's directory */
	int userns; /* or -EBADF: the host's */
	int self;   /* pidfd of this process */
	int pid_ns; /* this process' own PID namespace, to come back to */
};

int enter_open(struct instance *in, int jid, struct enter_doors *ret, struct err *e);
void enter_close(struct enter_doors *d);

/* A descriptor of the jail's root directory. */
int enter_root(const struct enter_doors *d, struct err *e);

/* Who runs the command, and in which environment. */
struct enter_user {
	struct cred cred;
	gid_t *groups;
	struct passwd_entry entry;
	bool known; /* entry is filled */
};

int enter_user(struct instance *in, const struct enter_doors *d, const struct gaol_spawn *s,
    struct enter_user *ret, struct err *e);
void enter_user_done(struct enter_user *u);

/* The environment, NULL terminated, in *ret (strv_done). */
int enter_environment(
    const struct gaol_spawn *s, const struct enter_user *u, struct strv *ret, struct err *e);

#endif
