#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
grow(struct str *b, size_t more)
{
	size_t need, size;
	char *s;

	if (__builtin_add_overflow(b->len, more, &need) || __builtin_add_overflow(need, 1, &need))
		return -ENOMEM;
	if (need <= b->size)
		return 0;
	size = b->size > SIZE_MAX / 2 ? need : b->size * 2;
	if (size < need)
		size = need;
	if (size < 32)
		size = 32;
	s = realloc(b->s, size);
	if (s == NULL)
		return -ENOMEM;
	b->s = s;
	b->size = size;
	return 0;
}

int
str_addn(struct str *b, const char *s, size_t n)
{
	int r = grow(b, n);

	if (r < 0)
		return r;
	if (n != 0)
		memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
	return 0;
}

int
str_add(struct str *b, const char *s)
{
	return str_addn(b, s, strlen(s));
}

int
str_addc(struct str *b, char c)
{
	return str_addn(b, &c, 1);
}

int
str_addf(struct str *b, const char *fmt, ...)
{
	va_list ap;
	int n, r;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -EINVAL;
	r = grow(b, (size_t)n);
	if (r < 0)
		return r;
	va_start(ap, fmt);
	(void)vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}

const char *
str_get(const struct str *b)
{
	return b->s != NULL ? b->s : "";
}

char *
str_take(struct str *b)
{
	char *s = b->s != NULL ? b->s : strdup("");

	*b = STR_EMPTY;
	return s;
}

void
str_done(struct str *b)
{
	int saved = errno;

	free(b->s);
	*b = STR_EMPTY;
	errno = saved;
}

int
strv_take(struct strv *v, char *s)
{
	if (v->n + 1 >= v->size) {
		size_t size = v->size ? v->size * 2 : 8;
		char **p = reallocarray(v->s, size, sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		v->s = p;
		v->size = size;
	}
	v->s[v->n++] = s;
	v->s[v->n] = NULL;
	return 0;
}

int
strv_add(struct strv *v, const char *s)
{
	char *copy = strdup(s);

	if (copy == NULL)
		return -ENOMEM;
	if (strv_take(v, copy) < 0) {
		free(copy);
		return -ENOMEM;
	}
	return 0;
}

void
strv_done(struct strv *v)
{
	int saved = errno;

	for (size_t i = 0; i < v->n; i++)
		free(v->s[i]);
	free(v->s);
	*v = (struct strv){0};
	errno = saved;
}
