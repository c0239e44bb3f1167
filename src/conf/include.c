/* Files: the first one, and those that .include names. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "conf/impl.h"
#include "conf/vec.h"

#define DEPTH_MAX 32
/* Files in all: two includes in each of 32 levels would be four thousand million. */
#define SOURCES_MAX (1U << 20)

int
conf_source_add(struct conf *c, const char *name, const char *shown, char *text_take, size_t len)
{
	cleanup_str struct str escaped = STR_EMPTY;
	struct source s = {.text = text_take, .len = (uint32_t)len};
	int r;

	if (len > CONF_FILE_MAX)
		return -EFBIG;
	r = conf_message_escape(&escaped, shown, strlen(shown), SIZE_MAX);
	if (r == 0)
		r = VEC_ROOM(c->sources, c->nsources, c->sources_size);
	if (r < 0)
		return r;
	s.name = arena_copy(&c->mem, name, strlen(name));
	s.shown = strcmp(name, shown) == 0 ? s.name : arena_copy(&c->mem, shown, strlen(shown));
	s.escaped = strcmp(shown, str_get(&escaped)) == 0
			? s.shown
			: arena_copy(&c->mem, str_get(&escaped), escaped.len);
	if (s.name == NULL || s.shown == NULL || s.escaped == NULL)
		return -ENOMEM;
	c->sources[c->nsources++] = s;
	return 0;
}

int
conf_source_open(struct conf *c, const char *file, uint32_t *ret)
{
	bool input = strcmp(file, "-") == 0;
	cleanup_fd int fd = -EBADF;
	cleanup_free char *text = NULL;
	char *fitting;
	size_t len;
	int r;

	if (!input) {
		fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return -errno;
	}
	r = path_read_fd(input ? STDIN_FILENO : fd, CONF_FILE_MAX, &text, &len);
	if (r < 0)
		return r;
	/* A hundred thousand small files are kept as they are, not as the buffers they were read
	 * to. */
	fitting = realloc(text, len + 1);
	if (fitting != NULL)
		text = fitting;
	r = conf_source_add(c, file, input ? "STDIN" : file, text, len);
	if (r < 0)
		return r;
	text = NULL;
	*ret = c->nsources - 1;
	return 0;
}

/* FreeBSD's end at once on these, so they have no "FILE line L:" in front. */
static int
failure(struct conf *c, struct place at, const char *name, const char *what)
{
	struct conf_message m = {0};
	cleanup_str struct str text = STR_EMPTY;
	int r;

	c->failed = true;
	r = conf_message_place(c, &c->messages.mem, at, &m);
	if (r == 0 && name != NULL)
		r = conf_message_escape(&text, name, strlen(name), SIZE_MAX);
	if (r == 0 && name != NULL)
		r = str_add(&text, ": ");
	if (r == 0)
		r = str_add(&text, what);
	return r < 0 ? r : conf_message_add(&c->messages, &m, str_get(&text));
}

static int
include_file(struct conf *c, const char *file, struct place at)
{
	uint32_t source;
	int r;

	if (c->include_depth >= DEPTH_MAX) {
		c->stop = true;
		return failure(c, at, NULL, "maximum include depth exceeded");
	}
	if (c->nsources >= SOURCES_MAX) {
		c->stop = true;
		return failure(c, at, file, "too many files are included");
	}
	r = conf_source_open(c, file, &source);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return failure(c, at, file, strerror(-r));
	c->include_depth++;
	r = conf_parse_source(c, source);
	c->include_depth--;
	return r;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
include_glob(struct conf *c, const char *pattern, struct place at)
{
	glob_t g = {0};
	int r = 0;

	/* Sorted by bytes: a jail's values cannot hang on the locale of who starts it. */
	switch (glob(pattern, GLOB_NOSORT, NULL, &g)) {
	case 0:
		qsort(g.gl_pathv, g.gl_pathc, sizeof(*g.gl_pathv), by_name);
		for (size_t i = 0; i < g.gl_pathc && r == 0 && !c->stop; i++)
			r = include_file(c, g.gl_pathv[i], at);
		break;
	case GLOB_NOMATCH:
		break;
	case GLOB_NOSPACE:
		r = -ENOMEM;
		break;
	default:
		c->stop = true;
		r = failure(c, at, pattern, "filename glob failed");
		break;
	}
	globfree(&g);
	return r;
}

/* In the directory of the file that includes, if that has one. */
static int
full_name(const struct source *from, const char *pattern, struct str *ret)
{
	const char *slash = strrchr(from->name, '/');
	int r = 0;

	if (pattern[0] != '/' && slash != NULL)
		r = str_addn(ret, from->name, (size_t)(slash - from->name) + 1);
	return r < 0 ? r : str_add(ret, pattern);
}

int
conf_include(struct conf *c, const char *pattern, struct place at)
{
	cleanup_str struct str name = STR_EMPTY;
	int r;

	if (c->sources[at.source].no_include)
		return conf_parse_error(c, at, "nothing can be included here");
	r = full_name(&c->sources[at.source], pattern, &name);
	if (r < 0)
		return r;
	/* The directory may have such characters, too: then it is a pattern as well, as on FreeBSD.
	 */
	if (strpbrk(str_get(&name), "*?[") == NULL)
		return include_file(c, str_get(&name), at);
	return include_glob(c, str_get(&name), at);
}
