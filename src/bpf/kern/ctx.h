/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Access to the contexts that the verifier accepts on every kernel from 6.1.
 * clang folds field accesses into arithmetic on the context pointer, which the
 * verifier refuses, 6.1 more of it than later ones; an instruction with the offset
 * as an immediate cannot be folded.
 */
#ifndef GAOL_BPF_KERN_CTX_H
#define GAOL_BPF_KERN_CTX_H

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define LOAD32(base, off)                                    \
	({                                                   \
		__u32 v_;                                    \
		asm volatile("%[v] = *(u32 *)(%[b] + %[o])"  \
			     : [v] "=r"(v_)                  \
			     : [b] "r"(base), [o] "i"(off)); \
		v_;                                          \
	})

#define LOADPTR(base, off)                                   \
	({                                                   \
		void *v_;                                    \
		asm volatile("%[v] = *(u64 *)(%[b] + %[o])"  \
			     : [v] "=r"(v_)                  \
			     : [b] "r"(base), [o] "i"(off)); \
		v_;                                          \
	})

#define STORE32(base, off, val)                                           \
	asm volatile("*(u32 *)(%[b] + %[o]) = %[v]"                       \
		     :                                                    \
		     : [b] "r"(base), [o] "i"(off), [v] "r"((__u32)(val)) \
		     : "memory")

#define ADDR_GET(ctx, field) LOAD32(ctx, offsetof(struct bpf_sock_addr, field))
#define ADDR_SET(ctx, field, val) STORE32(ctx, offsetof(struct bpf_sock_addr, field), val)
#define ADDR_SK(ctx) ((struct bpf_sock *)LOADPTR(ctx, offsetof(struct bpf_sock_addr, sk)))
#define SK_GET(sk, field) LOAD32(sk, offsetof(struct bpf_sock, field))

#define WORD_OFF(type, field, i) (offsetof(type, field) + 4 * (i))

#define ADDR_GET6(ctx, field, to)                                                \
	do {                                                                     \
		(to)[0] = LOAD32(ctx, WORD_OFF(struct bpf_sock_addr, field, 0)); \
		(to)[1] = LOAD32(ctx, WORD_OFF(struct bpf_sock_addr, field, 1)); \
		(to)[2] = LOAD32(ctx, WORD_OFF(struct bpf_sock_addr, field, 2)); \
		(to)[3] = LOAD32(ctx, WORD_OFF(struct bpf_sock_addr, field, 3)); \
	} while (0)

#define ADDR_SET6(ctx, field, from)                                                \
	do {                                                                       \
		STORE32(ctx, WORD_OFF(struct bpf_sock_addr, field, 0), (from)[0]); \
		STORE32(ctx, WORD_OFF(struct bpf_sock_addr, field, 1), (from)[1]); \
		STORE32(ctx, WORD_OFF(struct bpf_sock_addr, field, 2), (from)[2]); \
		STORE32(ctx, WORD_OFF(struct bpf_sock_addr, field, 3), (from)[3]); \
	} while (0)

#define SK_GET6(sk, field, to)                                             \
	do {                                                               \
		(to)[0] = LOAD32(sk, WORD_OFF(struct bpf_sock, field, 0)); \
		(to)[1] = LOAD32(sk, WORD_OFF(struct bpf_sock, field, 1)); \
		(to)[2] = LOAD32(sk, WORD_OFF(struct bpf_sock, field, 2)); \
		(to)[3] = LOAD32(sk, WORD_OFF(struct bpf_sock, field, 3)); \
	} while (0)

/* What cgroup hooks return. */
enum {
	HOOK_REFUSE = 0,
	HOOK_ALLOW = 1,
	HOOK_ALLOW_LOW_PORT = 3, /* bind: no CAP_NET_BIND_SERVICE asked for (5.12) */
};

/* err is negative.  Without a set value a refusal is EPERM. */
static __always_inline int
hook_refuse(int err)
{
	bpf_set_retval(err);
	return HOOK_REFUSE;
}

#endif
