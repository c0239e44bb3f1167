#include "mount/args.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

void
mount_args_done(struct mount_args *a)
{
	strv_done(&a->options);
}

static bool
add_options(struct mount_args *a, const char *list)
{
	cleanup_free char *copy = strdup(list);
	char *rest = copy, *option;

	if (copy == NULL)
		return false;
	while ((option = strsep(&rest, ",")) != NULL)
		if (*option != '\0' && strv_add(&a->options, option) < 0)
			return false;
	return true;
}

static bool
enter_namespace(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && setns(fd, CLONE_NEWNS) == 0;
}

static bool
add_operand(struct mount_args *a, const char *word)
{
	if (a->source == NULL)
		a->source = word;
	else if (a->target == NULL)
		a->target = word;
	else
		return false;
	return true;
}

bool
mount_args_parse(struct mount_args *a, const char *program, int argc, char **argv)
{
	const char *ns = NULL;
	bool ok = true;
	int c;

	/* "-": operands come in their place as option 1, before options or behind them. */
	while (ok && (c = getopt(argc, argv, "-sfnvuN:o:t:")) != -1)
		switch (c) {
		case 1:
			ok = add_operand(a, optarg);
			break;
		case 'f':
			a->fake = true;
			break;
		case 'v':
			a->verbose = true;
			break;
		case 'u':
			a->update = true;
			break;
		case 'N':
			ns = optarg;
			break;
		case 'o':
			if (!add_options(a, optarg)) {
				(void)fprintf(stderr, "%s: %s\n", program, strerror(ENOMEM));
				exit(1);
			}
			break;
		case 's': /* unknown options are judged the same with it and without */
		case 'n': /* there is no mtab to leave alone */
		case 't': /* the program is the type */
			break;
		default:
			ok = false;
		}
	while (ok && optind < argc)
		ok = add_operand(a, argv[optind++]);
	if (!ok || a->target == NULL)
		return false;
	if (ns != NULL && !enter_namespace(ns)) {
		(void)fprintf(stderr, "%s: %s: %s\n", program, ns, strerror(errno));
		exit(1);
	}
	return true;
}

bool
mount_option_is_userland(const char *option)
{
	static const char *const words[] = {"_netdev", "auto", "defaults", "failok", "group",
	    "late", "noauto", "nofail", "nogroup", "noowner", "nouser", "nousers", "owner", "user",
	    "users"};
	static const char *const prefixes[] = {"x-", "X-", "comment=", "mountprog=", "user="};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(option, words[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(option, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}
