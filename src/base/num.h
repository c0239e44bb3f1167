/* Numbers out of text: the whole string or nothing, no sign surprises, no wrap-around. */
#ifndef GAOL_NUM_H
#define GAOL_NUM_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits only.  -EINVAL: not a number; -ERANGE: above max.  *ret is untouched then. */
int num_parse_u64(const char *s, uint64_t max, uint64_t *ret);

/* An optional minus sign, then decimal digits, within [min, max]. */
int num_parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret);

/* Octal digits only. */
int num_parse_octal(const char *s, uint64_t max, uint64_t *ret);

/* True if the string is one or more decimal digits. */
bool num_is_decimal(const char *s);

#endif
