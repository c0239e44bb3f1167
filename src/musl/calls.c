#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern const char *const musl_texts[];
extern const size_t musl_ntexts;

int
renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

/* All programs of Gaol say the same of the same error, whatever C library they have. */
char *
strerror(int num)
{
	static char unknown[32];

	if (num >= 0 && (size_t)num < musl_ntexts)
		return (char *)musl_texts[num];
	(void)snprintf(unknown, sizeof(unknown), "Unknown error %d", num);
	return unknown;
}
