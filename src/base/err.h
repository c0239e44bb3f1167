/*
 * The one error contract of everything below the commands: a function returns 0
 * or more on success and a negative errno on failure, and then *e holds the
 * sentence for the person at the terminal.  The sentence is set once, where most
 * is known; callers put context in front of it.  Nothing below the commands
 * prints or exits.  The buffer is fixed, so that an error can be made after
 * clone(2) and without memory, and can be sent through a pipe as it is.
 */
#ifndef GAOL_ERR_H
#define GAOL_ERR_H

#include <stdarg.h>

/* Equal to FreeBSD's JAIL_ERRMSGLEN, so that libjail can pass it on whole. */
#define ERR_TEXT_MAX 1024

struct err {
	int num; /* errno, positive; 0 = no error */
	char text[ERR_TEXT_MAX];
};

/* Sets the sentence as it is.  Returns -num, so that `return err_set(...)` works.  e may be NULL.
 */
int err_set(struct err *e, int num, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same, with ": " and strerror(num) behind the sentence. */
int err_errno(struct err *e, int num, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "<fmt>: " in front of what is there.  Returns -e->num. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int err_vset(struct err *e, int num, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

#endif
