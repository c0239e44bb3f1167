/* jls(8): lists running jails. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/num.h"
#include "config.h"
#include "jls/layout.h"
#include "libjail/gaol.h"

struct options {
	bool dying;
	bool exists; /* -c */
	bool json, pretty;
	const char *jail; /* -j */
	struct layout layout;
};

struct jails {
	struct gaol_jail **list;
	size_t n;
};

static void usage(void) __attribute__((noreturn));
static void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void
usage(void)
{
	(void)fputs("jls: usage: jls [-dhNnqv] [-j jail] [param ...]\n"
		    "            jls -c [-d] -j jail\n",
	    stderr);
	exit(1);
}

/* A message may hold what somebody in a jail chose. */
static void
fail(const char *fmt, ...)
{
	struct text_out out = {stderr, isatty(STDERR_FILENO) == 1};
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* What was printed before comes first where both go to one place. */
	(void)fflush(stdout);
	(void)fputs("jls: ", stderr);
	text_put(&out, text, false);
	(void)fputc('\n', stderr);
	exit(1);
}

static void
flush_output(void)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		fail("stdout: %s", strerror(errno));
}

/* ---- options ------------------------------------------------------------------- */

static void
libxo_word(struct options *o, const char *word, size_t len)
{
	if (len == 4 && strncmp(word, "json", len) == 0)
		o->json = true;
	else if (len == 4 && strncmp(word, "text", len) == 0)
		o->json = false;
	else if (len == 6 && strncmp(word, "pretty", len) == 0)
		o->pretty = true;
	else if (len > 0)
		fail("--libxo: %.*s: not known here (json, pretty, text)", (int)len, word);
}

static void
libxo_words(struct options *o, const char *words)
{
	for (;;) {
		size_t len = strcspn(words, ",");

		libxo_word(o, words, len);
		if (words[len] == '\0')
			return;
		words += len + 1;
	}
}

static void
libxo_letters(struct options *o, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		if (*letters == 'J')
			o->json = true;
		else if (*letters == 'T')
			o->json = false;
		else if (*letters == 'P')
			o->pretty = true;
		else
			fail("--libxo:%c: not known here (J, P, T)", *letters);
	}
}

/* Takes libxo's arguments out of argv, as xo_parse_args(3) does before the program looks. */
static int
take_libxo(struct options *o, int argc, char **argv)
{
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		const char *rest = argv[i] + strlen("--libxo");

		if (strncmp(argv[i], "--libxo", strlen("--libxo")) != 0)
			argv[kept++] = argv[i];
		else if (*rest == '=')
			libxo_words(o, rest + 1);
		else if (*rest == ':')
			libxo_letters(o, rest + 1);
		else if (*rest == '\0' && i + 1 < argc)
			libxo_words(o, argv[++i]);
		else
			usage();
	}
	argv[kept] = NULL;
	return kept;
}

static void
layout_option(unsigned *flags, int option)
{
	switch (option) {
	case 'h':
		*flags = (*flags & ~(unsigned)(LAYOUT_SKIP | LAYOUT_VERBOSE)) | LAYOUT_HEADER;
		break;
	case 'N':
		*flags |= LAYOUT_NAME;
		break;
	case 'n':
		*flags = (*flags & ~(unsigned)LAYOUT_VERBOSE) | LAYOUT_NAMEVAL;
		break;
	case 'q':
		*flags |= LAYOUT_QUOTED;
		break;
	case 's':
		*flags = (*flags & ~(unsigned)(LAYOUT_HEADER | LAYOUT_VERBOSE)) | LAYOUT_NAMEVAL |
			 LAYOUT_QUOTED | LAYOUT_SKIP;
		break;
	default:
		*flags = (*flags & ~(unsigned)(LAYOUT_HEADER | LAYOUT_NAMEVAL | LAYOUT_SKIP)) |
			 LAYOUT_VERBOSE;
		break;
	}
}

static void
bad_option(int option)
{
	if (option == ':')
		(void)fprintf(stderr, "jls: option requires an argument -- %c\n", optopt);
	else if (optopt != 0 && optopt != '-')
		(void)fprintf(stderr, "jls: illegal option -- %c\n", optopt);
	usage();
}

/* Which parameters are printed follows from the options when none is named. */
static void
choose_columns(struct layout *l, char **names)
{
	struct err e = {0};

	if (names[0] != NULL)
		l->flags &= ~(unsigned)LAYOUT_VERBOSE;
	for (; names[0] != NULL; names++)
		if (columns_add(&l->columns, names[0], &e) < 0)
			fail("%s", e.text);
	if (l->columns.n > 0 || (l->flags & LAYOUT_VERBOSE))
		return;
	if (!(l->flags & (LAYOUT_HEADER | LAYOUT_NAMEVAL)))
		l->flags |= LAYOUT_DEFAULT;
	else if (columns_add(&l->columns, "all", &e) < 0)
		fail("%s", e.text);
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	bool others = false;
	int c;

	argc = take_libxo(o, argc, argv);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		(void)printf("jls (Gaol) %s\n", GAOL_VERSION);
		flush_output();
		exit(0);
	}
	opterr = 0;
	while ((c = getopt(argc, argv, "+:acdhj:Nnqsv")) != -1) {
		switch (c) {
		case 'a':
		case 'd':
			o->dying = true;
			break;
		case 'c':
			o->exists = true;
			break;
		case 'j':
			o->jail = optarg;
			break;
		case ':':
		case '?':
			bad_option(c);
			break;
		default:
			layout_option(&o->layout.flags, c);
			others = true;
			break;
		}
	}
	if (o->exists && (o->jail == NULL || others || optind < argc))
		usage();
	if (!o->exists)
		choose_columns(&o->layout, argv + optind);
}

/* ---- jails --------------------------------------------------------------------- */

static bool
is_dying(struct gaol_jail *j)
{
	const char *dying = gaol_jail_value(j, "dying");

	return dying != NULL && strcmp(dying, "true") == 0;
}

/* A whole number that is not 0 is a jid, all else a name. */
static int
find_jid(const char *text, struct err *e)
{
	uint64_t number;
	int jid;

	if (num_is_decimal(text)) {
		if (num_parse_u64(text, INT_MAX, &number) < 0)
			return err_set(e, ENOENT, "jail %s not found", text);
		if (number != 0)
			return (int)number;
		return err_set(e, ENOENT, "jail \"%s\" not found", text);
	}
	jid = gaol_getid(text, e);
	return jid == 0 ? err_set(e, ENOENT, "jail \"%s\" not found", text) : jid;
}

static int
get_one(const struct options *o, struct jails *ret, struct err *e)
{
	int jid = find_jid(o->jail, e), r;

	if (jid < 0)
		return jid;
	ret->list = calloc(1, sizeof(*ret->list));
	if (ret->list == NULL)
		return err_errno(e, ENOMEM, "jail %s", o->jail);
	r = gaol_get(jid, &ret->list[0], e);
	if (r < 0)
		return r;
	ret->n = 1;
	if (o->dying || !is_dying(ret->list[0]))
		return 0;
	if (num_is_decimal(o->jail))
		return err_set(e, ENOENT, "jail %d is dying", jid);
	return err_set(e, ENOENT, "jail \"%s\" is dying", o->jail);
}

static int
get_all(const struct options *o, struct jails *ret, struct err *e)
{
	size_t kept = 0;
	int r = gaol_get_all(&ret->list, &ret->n, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ret->n; i++) {
		if (o->dying || !is_dying(ret->list[i]))
			ret->list[kept++] = ret->list[i];
		else
			gaol_jail_free(ret->list[i]);
	}
	ret->n = kept;
	return 0;
}

static void
jails_done(struct jails *jails)
{
	for (size_t i = 0; i < jails->n; i++)
		gaol_jail_free(jails->list[i]);
	free(jails->list);
}

int
main(int argc, char **argv)
{
	struct options o = {.layout.out.file = stdout};
	struct jails jails = {0};
	struct err e = {0};
	int r;

	parse_options(&o, argc, argv);
	o.layout.out.escape = isatty(STDOUT_FILENO) == 1;
	if (!o.exists && !o.json)
		layout_text_header(&o.layout);
	r = o.jail != NULL ? get_one(&o, &jails, &e) : get_all(&o, &jails, &e);
	if (o.exists)
		return r < 0 ? 1 : 0;
	if (r < 0)
		fail("%s", e.text);
	if (o.json)
		layout_json(&o.layout, jails.list, jails.n, o.pretty);
	for (size_t i = 0; !o.json && i < jails.n; i++)
		layout_text_jail(&o.layout, jails.list[i]);
	jails_done(&jails);
	columns_done(&o.layout.columns);
	flush_output();
	return 0;
}
