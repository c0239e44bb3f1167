/*
 * What the build-time compiler (seccomp-gen.c) hands to seccomp.c: one program, and
 * where in it each class of calls gets its answer.
 */
#ifndef GAOL_PRISON_SECCOMP_IMAGE_H
#define GAOL_PRISON_SECCOMP_IMAGE_H

#include <linux/filter.h>

enum seccomp_class {
	SECCOMP_CLASS_PACKET,
	SECCOMP_CLASS_FAMILIES,
	SECCOMP_CLASS_NETLINK,
	SECCOMP_CLASS_AUDIT,
	SECCOMP_CLASS_HOSTNAME,
	SECCOMP_CLASS_SYSVMSG,
	SECCOMP_CLASS_SYSVSEM,
	SECCOMP_CLASS_SYSVSHM,
	SECCOMP_CLASS_MSGBUF,
	SECCOMP_CLASS_SOCKETCALL, /* socket() whose family cannot be seen: i386 */
	SECCOMP_CLASS_RAW,	  /* raw sockets: allowed as far as this filter goes */
	SECCOMP_CLASS_COUNT,
};

/* Longest program; the copy that is changed before installing lives on the stack. */
#define SECCOMP_MAX 400

struct seccomp_image {
	const struct sock_filter *insns;
	unsigned short n;
	unsigned short at[SECCOMP_CLASS_COUNT]; /* index of the return instruction */
};

/* One for each machine that the generator was asked for. */
extern const struct seccomp_image seccomp_image_x86_64;
extern const struct seccomp_image seccomp_image_aarch64;

/* Copies the program with these classes open (enum seccomp_open).  Returns its length. */
unsigned short seccomp_compile(
    const struct seccomp_image *image, unsigned open, struct sock_filter buf[static SECCOMP_MAX]);

#endif
