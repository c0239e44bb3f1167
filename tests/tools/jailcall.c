/*
 * libjail from outside, by its public headers alone, as a program from FreeBSD uses it.
 *	jailcall set c|u|cu|ca|ua NAME[=VALUE]...	jail_set; with `a` then prints id and root
 *	jailcall get KEY=VALUE NAME...			prints NAME=VALUE lines
 *	jailcall list [d]				jid and name, by lastjid
 *	jailcall getid NAME | getname JID | remove JID
 *	jailcall attach JID COMMAND...			jail_attach, then executes
 *	jailcall old VERSION PATH HOSTNAME		jail(2), then prints the host name
 * Failures: the name of the errno, a colon, jail_errmsg if there is one; exit 1.
 */
#include <sys/jail.h>
#include <sys/param.h>
#include <sys/uio.h>

#include <errno.h>
#include <jail.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 32

static int
failed(const char *text)
{
	printf("%s:%s%s\n", strerrorname_np(errno), *text != '\0' ? " " : "", text);
	return 1;
}

static int
number(const char *text)
{
	return (int)strtol(text, NULL, 10);
}

/* What the process that entered is, without a program of the jail's. */
static void
print_self(void)
{
	char host[65] = "", cwd[256] = "";

	(void)gethostname(host, sizeof(host) - 1);
	if (chdir("/") != 0 || getcwd(cwd, sizeof(cwd)) == NULL)
		perror("chdir");
	printf("uid %d host %s cwd %s etc/passwd %s\n", (int)getuid(), host, cwd,
	    access("/etc/passwd", R_OK) == 0 ? "readable" : "not readable");
}

static int
split(struct jailparam *jp, char *word)
{
	char *value = strchr(word, '=');

	if (value != NULL)
		*value++ = '\0';
	if (jailparam_init(jp, word) < 0)
		return -1;
	return jailparam_import(jp, value);
}

static int
do_set(const char *how, int n, char **words)
{
	struct jailparam jp[WORDS_MAX];
	int flags = 0, jid;

	flags |= strchr(how, 'c') != NULL ? JAIL_CREATE : 0;
	flags |= strchr(how, 'u') != NULL ? JAIL_UPDATE : 0;
	flags |= strchr(how, 'a') != NULL ? JAIL_ATTACH : 0;
	for (int i = 0; i < n; i++)
		if (split(&jp[i], words[i]) < 0)
			return failed(jail_errmsg);
	jid = jailparam_set(jp, (unsigned)n, flags);
	if (jid < 0)
		return failed(jail_errmsg);
	printf("%d\n", jid);
	if (flags & JAIL_ATTACH)
		print_self();
	jailparam_free(jp, (unsigned)n);
	return 0;
}

static int
do_get(int n, char **words)
{
	struct jailparam jp[WORDS_MAX];

	if (split(&jp[0], words[0]) < 0)
		return failed(jail_errmsg);
	for (int i = 1; i < n; i++)
		if (jailparam_init(&jp[i], words[i]) < 0)
			return failed(jail_errmsg);
	if (jailparam_get(jp, (unsigned)n, 0) < 0)
		return failed(jail_errmsg);
	for (int i = 1; i < n; i++) {
		char *text = jailparam_export(&jp[i]);

		printf("%s=%s\n", jp[i].jp_name, text);
		free(text);
	}
	jailparam_free(jp, (unsigned)n);
	return 0;
}

static int
do_list(int flags)
{
	struct jailparam jp[2];
	int lastjid = 0;

	if (jailparam_init(&jp[0], "lastjid") < 0 || jailparam_init(&jp[1], "name") < 0 ||
	    jailparam_import_raw(&jp[0], &lastjid, sizeof(lastjid)) < 0)
		return failed(jail_errmsg);
	while ((lastjid = jailparam_get(jp, 2, flags)) >= 0)
		printf("%d %s\n", lastjid, (char *)jp[1].jp_value);
	jailparam_free(jp, 2);
	return errno == ENOENT ? 0 : failed(jail_errmsg);
}

static int
do_old(int version, char *path, char *hostname)
{
	struct jail_v0 first = {0, path, hostname, 0};
	struct jail j = {JAIL_API_VERSION, path, hostname, NULL, 0, 0, NULL, NULL};

	if (jail(version == 0 ? (struct jail *)(void *)&first : &j) < 0)
		return failed("");
	print_self();
	return 0;
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	char *name;
	int jid;

	if (argc > 3 && strcmp(verb, "set") == 0)
		return do_set(argv[2], MIN(argc - 3, WORDS_MAX), argv + 3);
	if (argc > 2 && strcmp(verb, "get") == 0)
		return do_get(MIN(argc - 2, WORDS_MAX), argv + 2);
	if (strcmp(verb, "list") == 0)
		return do_list(argc > 2 ? JAIL_DYING : 0);
	if (argc == 3 && strcmp(verb, "getid") == 0) {
		jid = jail_getid(argv[2]);
		return jid < 0 ? failed(jail_errmsg) : (printf("%d\n", jid), 0);
	}
	if (argc == 3 && strcmp(verb, "getname") == 0) {
		name = jail_getname(number(argv[2]));
		return name == NULL ? failed(jail_errmsg) : (printf("%s\n", name), 0);
	}
	if (argc == 3 && strcmp(verb, "remove") == 0)
		return jail_remove(number(argv[2])) < 0 ? failed("") : 0;
	if (argc > 3 && strcmp(verb, "attach") == 0) {
		if (jail_attach(number(argv[2])) < 0)
			return failed("");
		(void)execvp(argv[3], argv + 3);
		return failed(argv[3]);
	}
	if (argc == 5 && strcmp(verb, "old") == 0)
		return do_old(number(argv[2]), argv[3], argv[4]);
	(void)fprintf(stderr, "jailcall: see its source\n");
	return 2;
}
