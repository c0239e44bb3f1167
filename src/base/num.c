#include "base/num.h"

#include <errno.h>

static int
parse_base(const char *s, unsigned base, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (*s == '\0')
		return -EINVAL;
	for (; *s != '\0'; s++) {
		unsigned d = (unsigned)(unsigned char)*s - '0';

		if (d >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v))
			return -ERANGE;
	}
	if (v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int
num_parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	return parse_base(s, 10, max, ret);
}

int
num_parse_octal(const char *s, uint64_t max, uint64_t *ret)
{
	return parse_base(s, 8, max, ret);
}

int
num_parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = *s == '-';
	uint64_t magnitude;
	int64_t v;
	int r;

	r = parse_base(s + negative, 10, (uint64_t)INT64_MAX + negative, &magnitude);
	if (r < 0)
		return r;
	if (negative)
		v = magnitude == 0 ? 0 : -(int64_t)(magnitude - 1) - 1;
	else
		v = (int64_t)magnitude;
	if (v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

bool
num_is_decimal(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s < '0' || *s > '9')
			return false;
	return true;
}
