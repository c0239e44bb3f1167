/*
 * Writes the seeds of conf_fuzz into a directory: every parameter of the table in the
 * forms that its type has, and the texts of the numbered cases.  With --check it
 * compares instead, so that a new parameter cannot be left out.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/str.h"
#include "conf_cases.h"
#include "prison/param.h"

static void
must(int r, const char *what)
{
	if (r >= 0)
		return;
	(void)fprintf(stderr, "conf_corpus: %s: %s\n", what, strerror(-r));
	exit(1);
}

static void
add_parameter(struct str *out, const struct param *p)
{
	char no[128];
	int r = 0;

	switch (p->type) {
	case PARAM_BOOL:
		r = str_addf(out, "\t%s;\n", p->name);
		if (r == 0 && param_noname(p->name, no, sizeof(no)))
			r = str_addf(out, "\t%s = \"false\";\n", no);
		break;
	case PARAM_INT:
	case PARAM_ULONG:
		r = str_addf(out, "\t%s = %s;\n", p->name, p->def != NULL ? p->def : "1");
		break;
	case PARAM_STRING:
		r = str_addf(out, "\t%s = \"$v of ${name}\\x41\";\n", p->name);
		if (r == 0 && (p->flags & PARAM_KEYVALUE) != 0)
			r = str_addf(out, "\t%s.key 'value';\n", p->name);
		break;
	case PARAM_JAILSYS:
		r = str_addf(out, "\t%s = inherit;\n\t%s new;\n", p->name, p->name);
		break;
	case PARAM_IP4:
		r = str_addf(
		    out, "\t%s = \"lo|192.0.2.1/24\", 192.0.2.2;\n\t%s += $a;\n", p->name, p->name);
		break;
	case PARAM_IP6:
		r = str_addf(out, "\t%s += 'lo|2001:db8::1/64', 2001:db8::2;\n", p->name);
		break;
	case PARAM_LIST:
		r = str_addf(out, "\t%s = \"/bin/sh -c 'echo $name'\", $l;\n\t%s += \"${path}\";\n",
		    p->name, p->name);
		break;
	case PARAM_CHOICE:
		r = str_addf(
		    out, "\t%s = %.*s;\n", p->name, (int)strcspn(p->choices, "|"), p->choices);
		break;
	}
	must(r, p->name);
}

static size_t
group_len(const char *name)
{
	return strcspn(name, ".");
}

/* Writes the file, or with check says whether it is what it should be. */
static bool
emit(int dir, const char *name, const struct str *text, bool check)
{
	cleanup_free char *there = NULL;
	cleanup_fd int fd = -EBADF;

	if (check)
		return path_read(dir, name, (size_t)1 << 20, &there, NULL) == 0 &&
		       strcmp(there, str_get(text)) == 0;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	must(fd < 0 ? -errno : path_write_all(fd, str_get(text), text->len), name);
	return true;
}

static unsigned
emit_parameters(int dir, bool check)
{
	unsigned wrong = 0;

	for (size_t i = 0, next; i < param_count; i = next) {
		cleanup_str struct str text = STR_EMPTY, name = STR_EMPTY;
		size_t len = group_len(param_table[i].name);

		must(str_addf(&name, "param-%.*s", (int)len, param_table[i].name), "memory");
		must(str_add(
			 &text, "$v = 1; $a = 192.0.2.3; $l = a, b; path = \"/j/$name\";\nf {\n"),
		    "memory");
		for (next = i; next < param_count && group_len(param_table[next].name) == len &&
			       strncmp(param_table[next].name, param_table[i].name, len) == 0;
		     next++)
			add_parameter(&text, &param_table[next]);
		must(str_add(&text, "}\n"), "memory");
		if (!emit(dir, str_get(&name), &text, check)) {
			(void)fprintf(stderr, "%s is not what the table makes\n", name.s);
			wrong++;
		}
	}
	return wrong;
}

static unsigned
emit_cases(int dir, bool check)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < conf_ncases; i++) {
		cleanup_str struct str text = STR_EMPTY;

		must(str_add(&text, conf_cases[i].text), "memory");
		if (!emit(dir, conf_cases[i].name, &text, check)) {
			(void)fprintf(stderr, "%s is not what the test has\n", conf_cases[i].name);
			wrong++;
		}
	}
	return wrong;
}

int
main(int argc, char **argv)
{
	bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
	cleanup_fd int dir = -EBADF;
	unsigned wrong;

	if (argc != 2 && !check) {
		(void)fputs("usage: conf_corpus [--check] directory\n", stderr);
		return 1;
	}
	dir = open(argv[argc - 1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir < 0 ? -errno : 0, argv[argc - 1]);
	wrong = emit_parameters(dir, check) + emit_cases(dir, check);
	if (wrong > 0)
		(void)fprintf(stderr, "%u seeds are old: run conf_corpus %s\n", wrong, argv[2]);
	return wrong == 0 ? 0 : 1;
}
