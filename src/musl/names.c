/*
 * Users and groups from where the host has them.  musl reads /etc/passwd and /etc/group;
 * what nsswitch.conf(5) names besides (LDAP, systemd) is asked by getent(1), which has
 * glibc's modules.  The linker puts these functions before musl's (--wrap).
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"

#define GETENT "/usr/bin/getent"
#define ANSWER_MAX (1u << 20)

struct passwd *__real_getpwnam(const char *name);
struct passwd *__real_getpwuid(uid_t uid);
struct group *__real_getgrnam(const char *name);
struct group *__real_getgrgid(gid_t gid);
int __real_getgrouplist(const char *user, gid_t gid, gid_t *groups, int *n);
struct passwd *__wrap_getpwnam(const char *name);
struct passwd *__wrap_getpwuid(uid_t uid);
struct group *__wrap_getgrnam(const char *name);
struct group *__wrap_getgrgid(gid_t gid);
int __wrap_getgrouplist(const char *user, gid_t gid, gid_t *groups, int *n);

static bool
is_file_service(const char *word)
{
	return strcmp(word, "files") == 0 || strcmp(word, "compat") == 0;
}

/* Whether the database has sources that musl does not read. */
static bool
others(const char *database)
{
	cleanup_free char *text = NULL;
	char *rest, *line;
	size_t len = strlen(database);

	if (path_read(AT_FDCWD, "/etc/nsswitch.conf", 65536, &text, NULL) < 0)
		return false;
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		char *word;

		line += strspn(line, " \t");
		line[strcspn(line, "#")] = '\0';
		if (strncmp(line, database, len) != 0 || line[len] != ':')
			continue;
		line += len + 1;
		while ((word = strsep(&line, " \t")) != NULL)
			if (*word != '\0' && *word != '[' && !is_file_service(word))
				return true;
	}
	return false;
}

static char *
read_all(int fd)
{
	char *text = NULL;
	size_t len = 0;

	for (;;) {
		char *bigger = realloc(text, len + 4096 + 1);
		ssize_t n;

		if (bigger == NULL)
			break;
		text = bigger;
		do
			n = read(fd, text + len, 4096);
		while (n < 0 && errno == EINTR);
		if (n <= 0 || len + (size_t)n > ANSWER_MAX)
			break;
		len += (size_t)n;
	}
	if (text != NULL)
		text[len] = '\0';
	return text;
}

/* The first line of getent's answer, or NULL; free it. */
static char *
ask(const char *database, const char *key)
{
	char *argv[] = {(char *)"getent", (char *)database, (char *)"--", (char *)key, NULL};
	char *envp[] = {(char *)"LC_ALL=C", NULL};
	posix_spawn_file_actions_t actions;
	char *text = NULL;
	int pipefd[2], status, r;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return NULL;
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, pipefd[1], STDOUT_FILENO);
	r = posix_spawn(&pid, GETENT, &actions, NULL, argv, envp);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(pipefd[1]);
	if (r == 0) {
		text = read_all(pipefd[0]);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	(void)close(pipefd[0]);
	errno = r;
	if (text == NULL || *text == '\0') {
		free(text);
		return NULL;
	}
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static bool
next_id(char **rest, uint32_t *ret)
{
	const char *field = strsep(rest, ":");
	uint64_t n;

	if (field == NULL || num_parse_u64(field, UINT32_MAX - 1, &n) < 0)
		return false;
	*ret = (uint32_t)n;
	return true;
}

/* Until the next call, like the standard's. */
static struct passwd *
ask_user(const char *key)
{
	static struct passwd pw;
	static char *line;
	char *rest;

	free(line);
	rest = line = ask("passwd", key);
	if (line == NULL)
		return NULL;
	pw.pw_name = strsep(&rest, ":");
	pw.pw_passwd = strsep(&rest, ":");
	if (!next_id(&rest, &pw.pw_uid) || !next_id(&rest, &pw.pw_gid))
		return NULL;
	pw.pw_gecos = strsep(&rest, ":");
	pw.pw_dir = strsep(&rest, ":");
	pw.pw_shell = rest;
	return pw.pw_shell != NULL ? &pw : NULL;
}

static struct group *
ask_group(const char *key)
{
	static struct group gr;
	static char *line, *nobody[] = {NULL};
	char *rest;

	free(line);
	rest = line = ask("group", key);
	if (line == NULL)
		return NULL;
	gr.gr_name = strsep(&rest, ":");
	gr.gr_passwd = strsep(&rest, ":");
	/* Nobody here asks for members. */
	gr.gr_mem = nobody;
	return next_id(&rest, &gr.gr_gid) ? &gr : NULL;
}

static const char *
as_key(uint32_t id, char buf[static 16])
{
	(void)snprintf(buf, 16, "%u", id);
	return buf;
}

/* A name of digits would be looked up as a number. */
static bool
is_number(const char *name)
{
	return *name == '\0' || name[strspn(name, "0123456789")] == '\0';
}

struct passwd *
__wrap_getpwnam(const char *name)
{
	struct passwd *pw = __real_getpwnam(name);

	return pw != NULL || is_number(name) || !others("passwd") ? pw : ask_user(name);
}

struct passwd *
__wrap_getpwuid(uid_t uid)
{
	struct passwd *pw = __real_getpwuid(uid);
	char key[16];

	return pw != NULL || !others("passwd") ? pw : ask_user(as_key(uid, key));
}

struct group *
__wrap_getgrnam(const char *name)
{
	struct group *gr = __real_getgrnam(name);

	return gr != NULL || is_number(name) || !others("group") ? gr : ask_group(name);
}

struct group *
__wrap_getgrgid(gid_t gid)
{
	struct group *gr = __real_getgrgid(gid);
	char key[16];

	return gr != NULL || !others("group") ? gr : ask_group(as_key(gid, key));
}

int
__wrap_getgrouplist(const char *user, gid_t gid, gid_t *groups, int *n)
{
	cleanup_free char *line = NULL;
	char *rest, *word;
	int room = *n, found = 0;

	if (!others("group") && !others("initgroups"))
		return __real_getgrouplist(user, gid, groups, n);
	rest = line = ask("initgroups", user);
	if (line == NULL)
		return __real_getgrouplist(user, gid, groups, n);
	if (room > 0)
		groups[0] = gid;
	found = 1;
	(void)strsep(&rest, " ");
	while ((word = strsep(&rest, " ")) != NULL) {
		uint64_t id;

		if (num_parse_u64(word, UINT32_MAX - 1, &id) < 0 || id == gid)
			continue;
		if (found < room)
			groups[found] = (gid_t)id;
		found++;
	}
	*n = found;
	return found <= room ? found : -1;
}
