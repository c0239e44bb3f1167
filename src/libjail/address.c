/* Lists of addresses between text and the arrays of jail_set(2). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "libjail/jailp.h"
#include "prison/param.h"

size_t
jailp_address_size(const struct param *p)
{
	if (p->type == PARAM_IP4)
		return sizeof(struct in_addr);
	return p->type == PARAM_IP6 ? sizeof(struct in6_addr) : 0;
}

static int
family(const struct param *p)
{
	return p->type == PARAM_IP4 ? AF_INET : AF_INET6;
}

static size_t
count_words(const char *text)
{
	size_t n = 1;

	if (text[0] == '\0' || strcmp(text, "-") == 0)
		return 0;
	for (; *text != '\0'; text++)
		n += *text == ',';
	return n;
}

int
jailp_addresses_from_text(
    const struct param *p, const char *text, void **ret, size_t *ret_len, struct err *e)
{
	size_t n = count_words(text), size = jailp_address_size(p);
	cleanup_free char *copy = strdup(text), *list = calloc(n > 0 ? n : 1, size);
	char *rest = copy, *word;

	if (copy == NULL || list == NULL)
		return err_errno(e, ENOMEM, "%s", p->name);
	for (size_t i = 0; i < n; i++) {
		word = strsep(&rest, ",");
		if (inet_pton(family(p), word, list + i * size) != 1)
			return err_set(e, EINVAL, "%s: not an %s address: %s", p->name,
			    p->type == PARAM_IP4 ? "IPv4" : "IPv6", word);
	}
	*ret_len = n * size;
	*ret = take_ptr(list);
	return 0;
}

char *
jailp_addresses_to_text(const struct param *p, const void *value, size_t len)
{
	cleanup_str struct str out = STR_EMPTY;
	char text[INET6_ADDRSTRLEN];
	size_t size = jailp_address_size(p);

	for (size_t at = 0; at + size <= len; at += size) {
		(void)inet_ntop(family(p), (const char *)value + at, text, sizeof(text));
		if (str_addf(&out, "%s%s", at > 0 ? "," : "", text) < 0)
			return NULL;
	}
	return str_take(&out);
}
