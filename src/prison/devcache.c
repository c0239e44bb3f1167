/* devnodes_visible: from the cache while nothing has changed, else from the rules. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "prison/devhost.h"
#include "prison/devnodes.h"
#include "prison/devstore.h"
#include "prison/devview.h"

#define CACHE_HEADER "devnodes 1\n"

/* A directory as the cache remembers it: "@ SECONDS NANOSECONDS NAME". */
static int
format_dirs(const struct devhost *h, struct str *ret)
{
	for (size_t i = 0; i < h->ndirs; i++)
		if (str_addf(ret, "@ %lld %ld %s\n", (long long)h->dirs[i].mtime.tv_sec,
			h->dirs[i].mtime.tv_nsec, h->dirs[i].name) < 0)
			return -ENOMEM;
	return 0;
}

static int
compute(const struct dev_rulesets *all, unsigned num, void *arg, struct str *ret, struct err *e)
{
	cleanup_devhost struct devhost h = {0};
	cleanup_free struct devview_state *s = NULL;
	struct devmatch_plan *plan;
	int r;

	(void)arg;
	r = devhost_scan(&h, e);
	if (r >= 0)
		r = devmatch_plan(all, num, &plan, e);
	if (r < 0)
		return r;
	r = devview_start(&h, &s);
	if (r >= 0) {
		devview_apply(&h, plan, s);
		devview_resolve(&h, s);
		r = str_add(ret, CACHE_HEADER);
	}
	if (r >= 0)
		r = format_dirs(&h, ret);
	if (r >= 0)
		r = devview_format(&h, s, ret);
	devmatch_plan_free(plan);
	return r < 0 ? err_errno(e, -r, "/dev") : 0;
}

static bool
dir_is_unchanged(int devfd, char *line)
{
	struct stat st;
	long long sec;
	long nsec;
	char *end;

	errno = 0;
	sec = strtoll(line, &end, 10);
	nsec = strtol(end, &end, 10);
	if (errno != 0 || *end != ' ')
		return false;
	return fstatat(devfd, end + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtim.tv_sec == sec &&
	       st.st_mtim.tv_nsec == nsec;
}

/* Where the nodes begin in a cache that still holds; NULL: it does not. */
static char *
skip_valid_header(char *text)
{
	cleanup_fd int devfd = -EBADF;
	char *p = text;

	if (strncmp(p, CACHE_HEADER, strlen(CACHE_HEADER)) != 0)
		return NULL;
	p += strlen(CACHE_HEADER);
	devfd = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (devfd < 0)
		return NULL;
	while (p[0] == '@' && p[1] == ' ') {
		char *end = strchr(p, '\n');
		bool same;

		if (end == NULL)
			return NULL;
		*end = '\0';
		same = dir_is_unchanged(devfd, p + 2);
		*end = '\n';
		if (!same)
			return NULL;
		p = end + 1;
	}
	return p;
}

static int
read_cache(int state, unsigned ruleset, struct dev_node **ret, size_t *ret_n)
{
	cleanup_free char *text = NULL;
	char *nodes;
	int r;

	r = devstore_cache_read(state, ruleset, &text);
	if (r < 0)
		return r;
	nodes = skip_valid_header(text);
	return nodes != NULL ? devview_parse(nodes, ret, ret_n) : -ESTALE;
}

int
devnodes_visible(int state, unsigned ruleset, struct dev_node **ret, size_t *ret_n, struct err *e)
{
	cleanup_str struct str text = STR_EMPTY;
	const char *p;
	int r;

	if (read_cache(state, ruleset, ret, ret_n) == 0)
		return 0;
	r = devstore_cache_make(state, ruleset, compute, NULL, &text, e);
	if (r < 0)
		return r;
	p = str_get(&text) + strlen(CACHE_HEADER);
	while (*p == '@')
		p = strchr(p, '\n') + 1;
	r = devview_parse(p, ret, ret_n);
	return r < 0 ? err_errno(e, -r, "ruleset %u", ruleset) : 0;
}
