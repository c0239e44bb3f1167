/* How the text of a command becomes words: when a shell is used, when it runs in the background. */
#include "jail/command.h"

#include <stdlib.h>

#include "unit.h"

/* The words joined by bars; a background command begins with "&". */
static void
check(const char *text, const char *want, int line)
{
	struct command c = {0};
	char got[256] = "";
	size_t n = 0;

	CHECK_INT(command_parse(text, &c), 0);
	if (c.background)
		n += (size_t)snprintf(got, sizeof(got), "&");
	for (size_t i = 0; i < c.argv.n; i++)
		n += (size_t)snprintf(
		    got + n, sizeof(got) - n, "%s%s", i > 0 ? "|" : "", c.argv.s[i]);
	if (strcmp(got, want) != 0)
		(void)fprintf(stderr, "of line %d:\n", line);
	CHECK_STR(got, want);
	strv_done(&c.argv);
}

#define SPLIT(text, want) check(text, want, __LINE__)

static void
test_plain(void)
{
	SPLIT("/bin/true", "/bin/true");
	SPLIT("  a\tb \n c\v\f\rd ", "a|b|c|d");
	SPLIT("", "");
	SPLIT(" \t ", "");
	/* Bytes that look special and are not. */
	SPLIT("A=1 env", "A=1|env");
	SPLIT("echo #x %y :z , . / @ ^ - _ +", "echo|#x|%y|:z|,|.|/|@|^|-|_|+");
}

static void
test_shell(void)
{
	static const char chars[] = "!\"$&'()*;<>?[\\]`{|}~";

	for (const char *p = chars; *p != '\0'; p++) {
		char text[] = {'a', ' ', *p, ' ', 'b', '\0'};
		char want[32];

		(void)snprintf(want, sizeof(want), "/bin/sh|-c|%s", text);
		SPLIT(text, want);
	}
	SPLIT("A=1 env;", "/bin/sh|-c|A=1 env;");
	SPLIT("a; b &", "/bin/sh|-c|a; b &");
}

static void
test_background(void)
{
	SPLIT("daemon -f &", "&daemon|-f");
	SPLIT("daemon&", "&daemon");
	/* Only as the very last character, and only as the first special one. */
	SPLIT("daemon & ", "/bin/sh|-c|daemon & ");
	SPLIT("a && b", "/bin/sh|-c|a && b");
	SPLIT("a &&", "/bin/sh|-c|a &&");
	SPLIT("&", "&");
}

static void
test_text(void)
{
	char *words[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, (char[]){"exit 3"}, NULL};
	char *text = command_text(words);

	CHECK_STR(text, "/bin/sh -c exit 3");
	free(text);
}

int
main(void)
{
	test_plain();
	test_shell();
	test_background();
	test_text();
	return UNIT_DONE();
}
