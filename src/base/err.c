#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
err_vset(struct err *e, int num, const char *fmt, va_list ap)
{
	int saved = errno;

	if (e != NULL) {
		e->num = num;
		/* A sentence that is too long is cut; that is better than none. */
		(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	}
	errno = saved;
	return -num;
}

int
err_set(struct err *e, int num, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)err_vset(e, num, fmt, ap);
	va_end(ap);
	return -num;
}

int
err_errno(struct err *e, int num, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	(void)err_vset(e, num, fmt, ap);
	va_end(ap);
	if (e != NULL) {
		len = strlen(e->text);
		(void)snprintf(
		    e->text + len, sizeof(e->text) - len, "%s%s", len ? ": " : "", strerror(num));
	}
	return -num;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX];
	va_list ap;
	size_t len;

	if (e == NULL)
		return -EINVAL;
	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	len = strlen(e->text);
	(void)snprintf(e->text + len, sizeof(e->text) - len, ": %s", old);
	return -e->num;
}
