/* chmod(1) modes, evaluated against 0, for the `mode` action of a rule. */
#include <errno.h>
#include <sys/stat.h>

#include "base/num.h"
#include "prison/devrules.h"

struct mode_state {
	mode_t mode;
	mode_t mask; /* the umask: limits clauses that name nobody */
};

/* u, g, o, a as the bits they cover; stops at the first other character. */
static const char *
parse_who(const char *p, mode_t *who)
{
	for (;; p++) {
		if (*p == 'u')
			*who |= S_IRWXU | S_ISUID;
		else if (*p == 'g')
			*who |= S_IRWXG | S_ISGID;
		else if (*p == 'o')
			*who |= S_IRWXO;
		else if (*p == 'a')
			*who |= 07777;
		else
			return p;
	}
}

/* The bits of one class, spread over all three. */
static mode_t
spread(mode_t rwx)
{
	return (rwx & 7) << 6 | (rwx & 7) << 3 | (rwx & 7);
}

static const char *
parse_perms(const char *p, mode_t now, mode_t *bits)
{
	for (;; p++) {
		switch (*p) {
		case 'r':
			*bits |= spread(4);
			break;
		case 'w':
			*bits |= spread(2);
			break;
		case 'x':
			*bits |= spread(1);
			break;
		case 'X': /* only for what could be executed before: 0 could not */
			break;
		case 's':
			*bits |= S_ISUID | S_ISGID;
			break;
		case 't':
			*bits |= S_ISVTX;
			break;
		case 'u':
			*bits |= spread(now >> 6);
			break;
		case 'g':
			*bits |= spread(now >> 3);
			break;
		case 'o':
			*bits |= spread(now);
			break;
		default:
			return p;
		}
	}
}

/* One clause, "u+rw-x"; *end is where it stopped. */
static int
parse_clause(struct mode_state *s, const char *p, const char **end)
{
	mode_t who = 0, limit;

	p = parse_who(p, &who);
	limit = who != 0 ? who : 07777 & ~s->mask;
	/* The sticky bit belongs to no class. */
	limit |= S_ISVTX;
	if (*p != '+' && *p != '-' && *p != '=')
		return -EINVAL;
	while (*p == '+' || *p == '-' || *p == '=') {
		char op = *p++;
		mode_t bits = 0;

		p = parse_perms(p, s->mode, &bits);
		bits &= limit;
		if (op == '=')
			s->mode &= ~(who != 0 ? who : 07777);
		if (op == '-')
			s->mode &= ~bits;
		else
			s->mode |= bits;
	}
	*end = p;
	return 0;
}

int
devrules_parse_mode(const char *text, mode_t mask, mode_t *ret)
{
	struct mode_state s = {.mask = mask & 0777};
	const char *p = text;
	uint64_t octal;

	if (*text >= '0' && *text <= '9') {
		if (num_parse_octal(text, 07777, &octal) < 0)
			return -EINVAL;
		*ret = (mode_t)octal;
		return 0;
	}
	for (;;) {
		int r = parse_clause(&s, p, &p);

		if (r < 0)
			return r;
		if (*p == '\0')
			break;
		if (*p++ != ',')
			return -EINVAL;
	}
	*ret = s.mode;
	return 0;
}
