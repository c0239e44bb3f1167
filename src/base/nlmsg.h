/*
 * Netlink messages and their attributes, as linux/netlink.h lays them out (netlink(7)): each part
 * begins at a multiple of four bytes.
 *
 * These few lines instead of libmnl, which Debian has as a shared object only: jail(8) and
 * jexec(1) are static, as loading two libraries takes longer than making the jail's
 * namespaces.
 *
 * Writers append to a message in memory that the caller made large enough and filled
 * with zeros.  Readers stay within what the lengths say; lengths that say more than there
 * is end a walk.
 */
#ifndef GAOL_BASE_NLMSG_H
#define GAOL_BASE_NLMSG_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline size_t
nlmsg_align(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* ---- messages ---- */

static inline bool
nlmsg_ok(const struct nlmsghdr *nlh, size_t left)
{
	return left >= sizeof(*nlh) && nlh->nlmsg_len >= sizeof(*nlh) && nlh->nlmsg_len <= left;
}

static inline const struct nlmsghdr *
nlmsg_next(const struct nlmsghdr *nlh, size_t *left)
{
	size_t len = nlmsg_align(nlh->nlmsg_len);

	*left = len < *left ? *left - len : 0;
	return (const void *)((const char *)nlh + len);
}

#define nlmsg_for_each(nlh, buf, left)                             \
	for ((nlh) = (const void *)(buf); nlmsg_ok((nlh), (left)); \
	     (nlh) = nlmsg_next((nlh), &(left)))

static inline const void *
nlmsg_data(const struct nlmsghdr *nlh)
{
	return (const char *)nlh + NLMSG_HDRLEN;
}

static inline size_t
nlmsg_data_len(const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_len - NLMSG_HDRLEN;
}

static inline void *
nlmsg_tail(struct nlmsghdr *nlh)
{
	return (char *)nlh + nlmsg_align(nlh->nlmsg_len);
}

static inline struct nlmsghdr *
nlmsg_begin(void *buf)
{
	struct nlmsghdr *nlh = buf;

	nlh->nlmsg_len = NLMSG_HDRLEN;
	return nlh;
}

/* Room for a header of the protocol's own. */
static inline void *
nlmsg_put(struct nlmsghdr *nlh, size_t size)
{
	void *at = nlmsg_tail(nlh);

	nlh->nlmsg_len = (uint32_t)(nlmsg_align(nlh->nlmsg_len) + nlmsg_align(size));
	return at;
}

/* ---- attributes ---- */

static inline bool
nlattr_ok(const struct nlattr *a, const void *end)
{
	size_t left = (size_t)((const char *)end - (const char *)a);

	return (const char *)a < (const char *)end && left >= sizeof(*a) &&
	       a->nla_len >= sizeof(*a) && a->nla_len <= left;
}

static inline const struct nlattr *
nlattr_next(const struct nlattr *a)
{
	return (const void *)((const char *)a + nlmsg_align(a->nla_len));
}

/* Those behind a header of `offset` bytes. */
#define nlattr_for_each(a, nlh, offset)                                                 \
	for ((a) = (const void *)((const char *)nlmsg_data(nlh) + nlmsg_align(offset)); \
	     nlattr_ok((a), (const char *)(nlh) + (nlh)->nlmsg_len); (a) = nlattr_next(a))

#define nlattr_for_each_nested(a, nest)                                                       \
	for ((a) = nlattr_data(nest); nlattr_ok((a), (const char *)(nest) + (nest)->nla_len); \
	     (a) = nlattr_next(a))

static inline unsigned
nlattr_type(const struct nlattr *a)
{
	return a->nla_type & NLA_TYPE_MASK;
}

static inline const void *
nlattr_data(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}

static inline size_t
nlattr_len(const struct nlattr *a)
{
	return (size_t)a->nla_len - NLA_HDRLEN;
}

/* NULL unless the value ends with its first NUL. */
static inline const char *
nlattr_str(const struct nlattr *a)
{
	size_t len = nlattr_len(a);
	const char *s = nlattr_data(a);

	return len > 0 && strnlen(s, len) == len - 1 ? s : NULL;
}

/* false unless it has four bytes. */
static inline bool
nlattr_u32(const struct nlattr *a, uint32_t *ret)
{
	if (nlattr_len(a) != sizeof(*ret))
		return false;
	memcpy(ret, nlattr_data(a), sizeof(*ret));
	return true;
}

static inline struct nlattr *
nlattr_put(struct nlmsghdr *nlh, unsigned type, size_t len, const void *data)
{
	struct nlattr *a = nlmsg_put(nlh, NLA_HDRLEN + len);

	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len > 0)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	return a;
}

static inline void
nlattr_put_str(struct nlmsghdr *nlh, unsigned type, const char *s)
{
	(void)nlattr_put(nlh, type, strlen(s) + 1, s);
}

static inline void
nlattr_put_u32(struct nlmsghdr *nlh, unsigned type, uint32_t n)
{
	(void)nlattr_put(nlh, type, sizeof(n), &n);
}

static inline struct nlattr *
nlattr_nest_begin(struct nlmsghdr *nlh, unsigned type)
{
	return nlattr_put(nlh, type | NLA_F_NESTED, 0, NULL);
}

static inline void
nlattr_nest_end(struct nlmsghdr *nlh, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)((char *)nlmsg_tail(nlh) - (char *)nest);
}

#endif
