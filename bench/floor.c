/*
 * The floor: a command in a root of its own, in the same namespaces and with the same
 * mounts as a jail, and nothing else.  No cgroup, no restrictions, no record, no second
 * process, no way to enter or to remove it.  What a jail costs above this is what a jail is.
 *
 *	floor [-d] [-p] [-r] [-m FILE] ROOT COMMAND [ARGUMENT ...]
 *
 *	-d	a tmpfs with the usual nodes on dev, devpts on dev/pts
 *	-p	proc
 *	-r	a tmpfs on run
 *	-m	binds: lines of SOURCE TARGET TYPE ro|rw, as in fstab; TARGET relative to ROOT
 *
 * Linux 6.3 (tmpfs is id-mapped).  Static, so that it pays for no libraries.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define ID_MAP "0 1000000 65536\n"
#define MAX_BINDS 64

struct bind {
	int tree;
	char target[256];
};

struct plan {
	int root;
	bool dev, proc, run;
	int dev_tree;
	struct bind binds[MAX_BINDS];
	int nbinds;
};

static void
write_map(pid_t pid, const char *name)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, ID_MAP, sizeof(ID_MAP) - 1) < 0)
		err(1, "%s", path);
	(void)close(fd);
}

static int
clone_tree(const char *path, unsigned flags)
{
	int fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static int
fresh(const char *type, const char *key, const char *value)
{
	int fs = fsopen(type, FSOPEN_CLOEXEC), mnt;

	if (fs < 0 || (key != NULL && fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0) < 0) ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		err(1, "%s", type);
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (mnt < 0)
		err(1, "%s", type);
	(void)close(fs);
	return mnt;
}

static void
attach(int tree, int dir, const char *target)
{
	if (move_mount(tree, "", dir, target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		err(1, "%s", target);
}

/* By the host: nobody else may make nodes. */
static int
make_dev(void)
{
	static const struct {
		const char *name;
		unsigned major, minor;
	} nodes[] = {
	    {"null", 1, 3}, {"zero", 1, 5}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
	static const char *const links[][2] = {{"fd", "/proc/self/fd"}, {"stdin", "fd/0"},
	    {"stdout", "fd/1"}, {"stderr", "fd/2"}, {"ptmx", "pts/ptmx"}};
	int dir = fresh("tmpfs", "mode", "755");
	size_t i;

	(void)umask(0);
	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (mknodat(dir, nodes[i].name, S_IFCHR | 0666,
			makedev(nodes[i].major, nodes[i].minor)) < 0)
			err(1, "dev/%s", nodes[i].name);
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlinkat(links[i][1], dir, links[i][0]) < 0)
			err(1, "dev/%s", links[i][0]);
	if (mkdirat(dir, "pts", 0755) < 0 || mkdirat(dir, "shm", 01777) < 0)
		err(1, "dev");
	return dir;
}

static void
id_map(int tree, int userns, unsigned flags)
{
	struct mount_attr map = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns};

	if (mount_setattr(tree, "", AT_EMPTY_PATH | flags, &map, sizeof(map)) < 0)
		err(1, "id-mapped mount");
}

static void
read_binds(struct plan *p, const char *file)
{
	char line[1024], source[512], rights[8];
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	FILE *f = fopen(file, "re");

	if (f == NULL)
		err(1, "%s", file);
	while (fgets(line, sizeof(line), f) != NULL) {
		struct bind *b = &p->binds[p->nbinds];

		if (sscanf(line, "%511s %255s %*s %7s", source, b->target, rights) != 3)
			continue;
		if (++p->nbinds == MAX_BINDS)
			errx(1, "%s: too many lines", file);
		b->tree = clone_tree(source, 0);
		if (strcmp(rights, "ro") == 0 &&
		    mount_setattr(b->tree, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0)
			err(1, "%s", source);
	}
	(void)fclose(f);
}

static void
enter_root(const struct plan *p)
{
	struct mount_attr slave = {.propagation = MS_SLAVE};
	int i;

	(void)mount_setattr(p->root, "", AT_EMPTY_PATH | AT_RECURSIVE, &slave, sizeof(slave));
	attach(p->root, AT_FDCWD, "/");
	if (fchdir(p->root) < 0 || chroot(".") < 0)
		err(1, "chroot");
	for (i = 0; i < p->nbinds; i++)
		attach(p->binds[i].tree, p->root, p->binds[i].target);
	if (p->dev) {
		attach(p->dev_tree, p->root, "dev");
		attach(fresh("devpts", "ptmxmode", "666"), p->root, "dev/pts");
	}
	if (p->proc)
		attach(fresh("proc", NULL, NULL), p->root, "proc");
	if (p->run)
		attach(fresh("tmpfs", "mode", "755"), p->root, "run");
}

static void
usage(void)
{
	(void)fputs("usage: floor [-d] [-p] [-r] [-m file] root command [argument ...]\n", stderr);
	exit(1);
}

int
main(int argc, char **argv)
{
	struct clone_args args = {.exit_signal = SIGCHLD,
	    .flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC |
		     CLONE_NEWCGROUP};
	static struct plan p;
	const char *binds = NULL;
	char path[64], c;
	int go[2], userns, status, i, opt;
	pid_t pid;

	while ((opt = getopt(argc, argv, "+dprm:")) != -1)
		switch (opt) {
		case 'd':
			p.dev = true;
			break;
		case 'p':
			p.proc = true;
			break;
		case 'r':
			p.run = true;
			break;
		case 'm':
			binds = optarg;
			break;
		default:
			usage();
		}
	if (argc - optind < 2)
		usage();
	p.root = clone_tree(argv[optind], AT_RECURSIVE);
	if (binds != NULL)
		read_binds(&p, binds);
	if (p.dev)
		p.dev_tree = make_dev();
	if (pipe2(go, O_CLOEXEC) < 0)
		err(1, "pipe");
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		err(1, "clone3");
	if (pid == 0) {
		(void)close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(1);
		if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
			err(1, "setresuid");
		enter_root(&p);
		execv(argv[optind + 1], argv + optind + 1);
		err(127, "%s", argv[optind + 1]);
	}
	write_map(pid, "uid_map");
	write_map(pid, "gid_map");
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	userns = open(path, O_RDONLY | O_CLOEXEC);
	if (userns < 0)
		err(1, "%s", path);
	id_map(p.root, userns, AT_RECURSIVE);
	for (i = 0; i < p.nbinds; i++)
		id_map(p.binds[i].tree, userns, 0);
	if (p.dev)
		id_map(p.dev_tree, userns, 0);
	if (write(go[1], "", 1) != 1)
		err(1, "pipe");
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
