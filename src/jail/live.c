#include "jail/live.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "jail/message.h"
#include "jail/mounts.h"
#include "jail/options.h"
#include "libjail/gaol.h"

/* Both have this length. */
#define SIGN_LEN (sizeof("mount+=") - 1)

bool
live_is(const char *word)
{
	return strncmp(word, "mount+=", SIGN_LEN) == 0 || strncmp(word, "mount-=", SIGN_LEN) == 0;
}

static int
mount_one(const struct options *o, int jid, const char *name, const char *line, struct err *e)
{
	struct mount_line l = {0};
	int r = mount_line_parse("mount", line, &l, e);

	if (r == 0 && l.source == NULL)
		r = err_set(e, EINVAL, "mount+=: no line");
	if (r == 0) {
		struct gaol_mount m = {.param = "mount",
		    .source = l.source,
		    .target = l.target,
		    .type = l.type,
		    .options = l.options};

		if (message_verbose > 0)
			note_named(name, "mount -t %s%s%s %s %s", m.type,
			    m.options != NULL ? " -o " : "", m.options != NULL ? m.options : "",
			    m.source, m.target);
		if (!(o->flags & OPTION_DRY_RUN))
			r = gaol_mount(jid, &m, e);
	}
	mount_line_done(&l);
	return r;
}

int
live_apply(const struct options *o, int jid, const char *name)
{
	int r = 0;

	for (size_t i = 0; i < o->nlive && r == 0; i++) {
		const char *what = o->live[i] + SIGN_LEN;
		struct err e = {0};

		if (o->live[i][SIGN_LEN - 2] == '+') {
			r = mount_one(o, jid, name, what, &e);
		} else {
			if (message_verbose > 0)
				note_named(name, "umount %s", what);
			if (!(o->flags & OPTION_DRY_RUN))
				r = gaol_unmount(jid, what, &e);
		}
		if (r < 0)
			warn_named(name, "%s", e.text);
	}
	return r;
}
