#include "prison/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "prison/seccomp-image.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif

#if defined(__x86_64__)
#define IMAGE seccomp_image_x86_64
#elif defined(__aarch64__)
#define IMAGE seccomp_image_aarch64
#else
#error "no system call filter for this machine"
#endif

#define SOCKETS \
	(SECCOMP_OPEN_PACKET | SECCOMP_OPEN_FAMILIES | SECCOMP_OPEN_NETLINK | SECCOMP_OPEN_AUDIT)

/* A bit of enum seccomp_open opens the class of the same place. */
_Static_assert(SECCOMP_OPEN_PACKET == 1 << SECCOMP_CLASS_PACKET, "order");
_Static_assert(SECCOMP_OPEN_FAMILIES == 1 << SECCOMP_CLASS_FAMILIES, "order");
_Static_assert(SECCOMP_OPEN_NETLINK == 1 << SECCOMP_CLASS_NETLINK, "order");
_Static_assert(SECCOMP_OPEN_AUDIT == 1 << SECCOMP_CLASS_AUDIT, "order");
_Static_assert(SECCOMP_OPEN_HOSTNAME == 1 << SECCOMP_CLASS_HOSTNAME, "order");
_Static_assert(SECCOMP_OPEN_SYSVMSG == 1 << SECCOMP_CLASS_SYSVMSG, "order");
_Static_assert(SECCOMP_OPEN_SYSVSEM == 1 << SECCOMP_CLASS_SYSVSEM, "order");
_Static_assert(SECCOMP_OPEN_SYSVSHM == 1 << SECCOMP_CLASS_SYSVSHM, "order");
_Static_assert(SECCOMP_OPEN_MSGBUF == 1 << SECCOMP_CLASS_MSGBUF, "order");
_Static_assert(SECCOMP_OPEN_ALL == (1 << SECCOMP_CLASS_SOCKETCALL) - 1, "order");

unsigned short
seccomp_compile(
    const struct seccomp_image *image, unsigned open, struct sock_filter buf[static SECCOMP_MAX])
{
	unsigned class;

	memcpy(buf, image->insns, image->n * sizeof(*buf));
	for (class = 0; class < SECCOMP_CLASS_SOCKETCALL; class ++)
		if (open & 1U << class)
			buf[image->at[class]].k = SECCOMP_RET_ALLOW;
	if ((open & SOCKETS) == SOCKETS && (open & SECCOMP_NOTIFY_RAW) == 0)
		buf[image->at[SECCOMP_CLASS_SOCKETCALL]].k = SECCOMP_RET_ALLOW;
	if (open & SECCOMP_NOTIFY_RAW) {
		buf[image->at[SECCOMP_CLASS_RAW]].k = SECCOMP_RET_USER_NOTIF;
		if (open & SECCOMP_OPEN_PACKET)
			buf[image->at[SECCOMP_CLASS_PACKET]].k = SECCOMP_RET_USER_NOTIF;
	}
	return image->n;
}

int
seccomp_install(unsigned open)
{
	struct sock_filter buf[SECCOMP_MAX];
	struct sock_fprog prog = {.filter = buf};
	unsigned long flags = 0;
	long r;

	/*
	 * Not SPEC_ALLOW: since 5.16 a filter changes nothing about speculation by itself,
	 * and the flag would have to be justified for a hostile jail.
	 */
	if (open & SECCOMP_NOTIFY_RAW)
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	prog.len = seccomp_compile(&IMAGE, open, buf);
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	return r < 0 ? -errno : (int)r;
}
