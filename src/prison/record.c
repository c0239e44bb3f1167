#include "prison/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"

/* JID has 10 digits, CGROUP-INODE 20, KEEPER-PID 10; see record.h. */
#define HEADER_MAGIC "gaol 1 "
#define HEADER_LEN 54
#define STATE_OFFSET 50
#define PERSIST_OFFSET 52
#define RECORD_MAX (1u << 20)

static int
parse_header(char *line, struct record *rec)
{
	static const char spaces[] = {17, 38, 49, 51};
	uint64_t jid, cgroup, keeper;

	if (strlen(line) != HEADER_LEN - 1 ||
	    strncmp(line, HEADER_MAGIC, strlen(HEADER_MAGIC)) != 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(spaces); i++) {
		if (line[(int)spaces[i]] != ' ')
			return -EINVAL;
		line[(int)spaces[i]] = '\0';
	}
	if (num_parse_u64(line + 7, INT32_MAX, &jid) < 0 ||
	    num_parse_u64(line + 18, UINT64_MAX, &cgroup) < 0 ||
	    num_parse_u64(line + 39, INT32_MAX, &keeper) < 0)
		return -EINVAL;
	if (strchr("CRD", line[STATE_OFFSET]) == NULL || line[STATE_OFFSET] == '\0')
		return -EINVAL;
	if (line[PERSIST_OFFSET] != '0' && line[PERSIST_OFFSET] != '1')
		return -EINVAL;
	rec->jid = (int)jid;
	rec->cgroup_id = cgroup;
	rec->keeper = (pid_t)keeper;
	rec->state = line[STATE_OFFSET] == 'C'	 ? RECORD_CREATING
		     : line[STATE_OFFSET] == 'R' ? RECORD_RUNNING
						 : RECORD_DYING;
	rec->persist = line[PERSIST_OFFSET] == '1';
	return 0;
}

/* In place: what comes out is never longer. */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s == '\\' && s[1] != '\0') {
			s++;
			*to++ = *s == 'n' ? '\n' : *s;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

static int
add_escaped(struct str *b, const char *s)
{
	for (; *s != '\0'; s++) {
		int r = *s == '\n'   ? str_add(b, "\\n")
			: *s == '\\' ? str_add(b, "\\\\")
				     : str_addc(b, *s);

		if (r < 0)
			return r;
	}
	return 0;
}

int
record_parse(const char *text, struct record *ret, struct err *e)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *line;
	int r;

	*ret = (struct record){0};
	if (copy == NULL)
		return err_errno(e, ENOMEM, "record");
	line = strsep(&rest, "\n");
	if (parse_header(line, ret) < 0)
		return err_set(e, EINVAL, "not a record of this version");
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *eq;

		if (*line == '\0')
			continue;
		if (*line == '+') {
			unescape(line + 1);
			r = strv_add(&ret->ledger, line + 1);
		} else if ((eq = strchr(line, '=')) != NULL && eq != line && *line != '!') {
			*eq = '\0';
			unescape(eq + 1);
			r = record_set(ret, line, eq + 1);
		} else {
			r = strv_add(&ret->other, line);
		}
		if (r < 0) {
			record_done(ret);
			return err_errno(e, -r, "record");
		}
	}
	return 0;
}

int
record_format(const struct record *rec, struct str *ret)
{
	int r;

	r = str_addf(ret, HEADER_MAGIC "%010d %020" PRIu64 " %010d %c %c\n", rec->jid,
	    rec->cgroup_id, (int)rec->keeper, (char)rec->state, rec->persist ? '1' : '0');
	for (size_t i = 0; i < rec->nparams && r == 0; i++)
		if ((r = str_addf(ret, "%s=", rec->params[i].name)) == 0 &&
		    (r = add_escaped(ret, rec->params[i].value)) == 0)
			r = str_addc(ret, '\n');
	for (size_t i = 0; i < rec->ledger.n && r == 0; i++)
		if ((r = str_addc(ret, '+')) == 0 && (r = add_escaped(ret, rec->ledger.s[i])) == 0)
			r = str_addc(ret, '\n');
	for (size_t i = 0; i < rec->other.n && r == 0; i++)
		r = str_addf(ret, "%s\n", rec->other.s[i]);
	return r;
}

/*
 * Most records fit: then one read does, as a short one from a regular file is at its
 * end.  A list of all jails spends its time here.
 */
static int
read_record(int state, const char *name, char *small, size_t size, char **ret)
{
	cleanup_fd int fd = openat(state, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, small, size);
	if (n < 0)
		return -errno;
	if ((size_t)n < size) {
		small[n] = '\0';
		return 0;
	}
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : path_read_fd(fd, RECORD_MAX, ret, NULL);
}

int
record_load(int state, int jid, struct record *ret, struct err *e)
{
	cleanup_free char *text = NULL;
	char name[16], small[4096];
	int r;

	(void)snprintf(name, sizeof(name), "%d", jid);
	r = read_record(state, name, small, sizeof(small), &text);
	if (r == -ENOENT)
		return r;
	if (r == 0)
		r = record_parse(text != NULL ? text : small, ret, e);
	else
		(void)err_errno(e, -r, "cannot read");
	if (r < 0)
		(void)err_wrap(e, "/run/jail/%s", name);
	return r;
}

int
record_store(int state, const struct record *rec, struct err *e)
{
	cleanup_str struct str text = STR_EMPTY;
	cleanup_fd int fd = -EBADF;
	char name[16], fresh[24];
	int r;

	(void)snprintf(name, sizeof(name), "%d", rec->jid);
	/* In the directory of locks, so that nobody takes it for a jail; the same file system. */
	(void)snprintf(fresh, sizeof(fresh), ".jail/%d.new", rec->jid);
	r = record_format(rec, &text);
	if (r < 0)
		return err_errno(e, -r, "/run/jail/%s", name);
	fd = openat(state, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno(e, errno, "/run/jail/%s", fresh);
	r = fchmod(fd, 0644) < 0 ? -errno : path_write_all(fd, str_get(&text), text.len);
	if (r == 0 && renameat(state, fresh, state, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(state, fresh, 0);
		return err_errno(e, -r, "/run/jail/%s", name);
	}
	return 0;
}

static int
store_byte(int state, int jid, off_t at, char byte, struct err *e)
{
	cleanup_fd int fd = -EBADF;
	char name[16];

	(void)snprintf(name, sizeof(name), "%d", jid);
	fd = openat(state, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, &byte, 1, at) != 1)
		return err_errno(e, errno, "/run/jail/%s", name);
	return 0;
}

int
record_store_persist(int state, int jid, bool persist, struct err *e)
{
	return store_byte(state, jid, PERSIST_OFFSET, persist ? '1' : '0', e);
}

int
record_store_state(int state, int jid, enum record_state to, struct err *e)
{
	return store_byte(state, jid, STATE_OFFSET, (char)to, e);
}

static struct record_param *
find_param(const struct record *rec, const char *name)
{
	for (size_t i = 0; i < rec->nparams; i++)
		if (strcmp(rec->params[i].name, name) == 0)
			return &rec->params[i];
	return NULL;
}

const char *
record_get(const struct record *rec, const char *name)
{
	const struct record_param *p = find_param(rec, name);

	return p != NULL ? p->value : NULL;
}

int
record_set(struct record *rec, const char *name, const char *value)
{
	struct record_param *p = find_param(rec, name);
	cleanup_free char *v = strdup(value);

	if (v == NULL)
		return -ENOMEM;
	if (p == NULL) {
		cleanup_free char *n = strdup(name);

		p = reallocarray(rec->params, rec->nparams + 1, sizeof(*p));
		if (n == NULL || p == NULL) {
			if (p != NULL)
				rec->params = p;
			return -ENOMEM;
		}
		rec->params = p;
		p = &rec->params[rec->nparams++];
		p->name = take_ptr(n);
		p->value = NULL;
	}
	free(p->value);
	p->value = take_ptr(v);
	return 0;
}

void
record_unset(struct record *rec, const char *name)
{
	struct record_param *p = find_param(rec, name);

	if (p == NULL)
		return;
	free(p->name);
	free(p->value);
	*p = rec->params[--rec->nparams];
}

int
record_ledger_add(struct record *rec, const char *fmt, ...)
{
	char *line;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	if (strv_take(&rec->ledger, line) < 0) {
		free(line);
		return -ENOMEM;
	}
	return 0;
}

const char *
record_ledger_get(const struct record *rec, const char *kind, size_t nth)
{
	size_t len = strlen(kind);

	for (size_t i = 0; i < rec->ledger.n; i++) {
		const char *line = rec->ledger.s[i];

		if (strncmp(line, kind, len) != 0 || (line[len] != ' ' && line[len] != '\0'))
			continue;
		if (nth-- == 0)
			return line[len] == ' ' ? line + len + 1 : line + len;
	}
	return NULL;
}

bool
record_ledger_has(const struct record *rec, const char *line)
{
	for (size_t i = 0; i < rec->ledger.n; i++)
		if (strcmp(rec->ledger.s[i], line) == 0)
			return true;
	return false;
}

void
record_ledger_drop(struct record *rec, const char *line)
{
	for (size_t i = 0; i < rec->ledger.n; i++) {
		if (strcmp(rec->ledger.s[i], line) != 0)
			continue;
		free(rec->ledger.s[i]);
		memmove(&rec->ledger.s[i], &rec->ledger.s[i + 1],
		    (rec->ledger.n - i) * sizeof(rec->ledger.s[0]));
		rec->ledger.n--;
		return;
	}
}

int
record_copy(const struct record *rec, struct record *ret)
{
	cleanup_str struct str text = STR_EMPTY;
	int r = record_format(rec, &text);

	return r < 0 ? r : record_parse(str_get(&text), ret, NULL);
}

void
record_done(struct record *rec)
{
	for (size_t i = 0; i < rec->nparams; i++) {
		free(rec->params[i].name);
		free(rec->params[i].value);
	}
	free(rec->params);
	strv_done(&rec->ledger);
	strv_done(&rec->other);
	*rec = (struct record){0};
}
