/* A string that grows.  All functions return 0 or -ENOMEM and leave it as it was on failure. */
#ifndef GAOL_STR_H
#define GAOL_STR_H

#include <stddef.h>

struct str {
	char *s; /* NUL terminated, or NULL while nothing was added */
	size_t len;
	size_t size;
};

#define STR_EMPTY ((struct str){0})

int str_add(struct str *b, const char *s);
int str_addn(struct str *b, const char *s, size_t n);
int str_addc(struct str *b, char c);
int str_addf(struct str *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Never NULL. */
const char *str_get(const struct str *b);

/* The caller becomes the owner (free); an empty string is allocated too.  NULL: no memory. */
char *str_take(struct str *b);

void str_done(struct str *b);

#define cleanup_str __attribute__((cleanup(str_done)))

/* A NULL terminated list of strings that grows; s is NULL while it is empty. */
struct strv {
	char **s;
	size_t n;
	size_t size;
};

int strv_add(struct strv *v, const char *s);
int strv_take(struct strv *v, char *s); /* takes s on success only */
void strv_done(struct strv *v);

#define cleanup_strv __attribute__((cleanup(strv_done)))

#endif
