/*
 * ptydrive COMMAND...: runs the command on a terminal of its own and plays the script that
 * stands on standard input, a step a line:
 *   expect TEXT    waits until TEXT has come since the last expect (20 s)
 *   send TEXT      types it; \n \t \\ \xHH are understood
 *   size ROWS COLUMNS
 *   end            waits for the command's end (20 s), and takes its status for ours
 * What the terminal showed goes to standard output, carriage returns left out.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 20000

static char seen[1 << 20];
static size_t nseen, done; /* done: what an expect has consumed */
static int master;

static long long
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* false: the other side is closed. */
static bool
take(int timeout_ms)
{
	struct pollfd p = {.fd = master, .events = POLLIN};
	char buf[4096];
	ssize_t n;

	if (poll(&p, 1, timeout_ms) <= 0)
		return true;
	n = read(master, buf, sizeof(buf));
	if (n <= 0)
		return false;
	for (ssize_t i = 0; i < n && nseen + 1 < sizeof(seen); i++)
		if (buf[i] != '\r' && buf[i] != '\0')
			seen[nseen++] = buf[i];
	seen[nseen] = '\0';
	return true;
}

static int
give_up(const char *what, const char *text)
{
	(void)fputs(seen, stdout);
	(void)fflush(stdout);
	(void)fprintf(stderr, "ptydrive: %s: %s\n", what, text);
	return 99;
}

static int
expect(const char *text)
{
	long long until = now_ms() + LIMIT_MS;

	for (;;) {
		char *at = strstr(seen + done, text);

		if (at != NULL) {
			done = (size_t)(at - seen) + strlen(text);
			return 0;
		}
		if (now_ms() > until)
			return give_up("never came", text);
		if (!take(100) && strstr(seen + done, text) == NULL)
			return give_up("the command ended before there came", text);
	}
}

static int
type(const char *text)
{
	char buf[4096];
	size_t n = 0;

	for (const char *p = text; *p != '\0' && n < sizeof(buf); p++) {
		unsigned byte;

		if (*p != '\\') {
			buf[n++] = *p;
			continue;
		}
		p++;
		switch (*p) {
		case 'n':
			buf[n++] = '\n';
			break;
		case 't':
			buf[n++] = '\t';
			break;
		case '\\':
			buf[n++] = '\\';
			break;
		case 'x':
			if (sscanf(p + 1, "%2x", &byte) != 1)
				return give_up("bad escape", text);
			buf[n++] = (char)byte;
			p += 2;
			break;
		default:
			return give_up("bad escape", text);
		}
	}
	return write(master, buf, n) == (ssize_t)n ? 0 : give_up("cannot type", text);
}

static int
end(pid_t pid)
{
	long long until = now_ms() + LIMIT_MS;
	bool open = true;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ms() > until) {
			(void)kill(pid, SIGKILL);
			return give_up("did not end", "within 20 s");
		}
		if (open)
			open = take(50);
		else
			(void)usleep(10000);
	}
	while (open && nseen + 1 < sizeof(seen)) {
		size_t before = nseen;

		open = take(50);
		if (nseen == before)
			break;
	}
	(void)fputs(seen, stdout);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	char line[4096];
	pid_t pid;
	int r = 0;

	if (argc < 2)
		return 2;
	pid = forkpty(&master, NULL, NULL, &size);
	if (pid < 0)
		return 2;
	if (pid == 0) {
		(void)execvp(argv[1], argv + 1);
		_exit(127);
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *text = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (strcmp(line, "end") == 0)
			return end(pid);
		if (text == NULL)
			return give_up("bad step", line);
		*text++ = '\0';
		if (strcmp(line, "expect") == 0) {
			r = expect(text);
		} else if (strcmp(line, "send") == 0) {
			r = type(text);
		} else if (strcmp(line, "size") == 0 &&
			   sscanf(text, "%hu %hu", &size.ws_row, &size.ws_col) == 2) {
			r = ioctl(master, TIOCSWINSZ, &size) < 0 ? 1 : 0;
		} else {
			r = give_up("bad step", line);
		}
		if (r != 0) {
			(void)kill(pid, SIGHUP);
			return r;
		}
	}
	return give_up("the script has no", "end");
}
