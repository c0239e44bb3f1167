/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * TCP listeners on the any-address that the kernel has bound to one address: to the
 * primary one of a jail with several, or to the jail's stand-in where it was lifted (see
 * struct bpf_wild).  They serve all the jail's addresses through these two.
 *
 * sockops, at the root cgroup: a listening socket is entered in "listeners" if bind
 * marked it, in "exacts" if it is bound to one such address; it leaves them by
 * itself when it is closed.  A full map: that listener serves the address it is
 * bound to, nothing else.
 *
 * sk_lookup, in the network namespace: a connection to an address that is listed
 * in "dest4" or "dest6" goes to who is bound to just that address (the kernel
 * finds it, and balances SO_REUSEPORT), else to the jail's wildcard.
 */
#include "bpf/decide/net.h"
#include "bpf/kern/maps.h"

#define OPS_GET(ctx, field) LOAD32(ctx, offsetof(struct bpf_sock_ops, field))
#define LOOK_GET(ctx, field) LOAD32(ctx, offsetof(struct bpf_sk_lookup, field))

/*
 * The verifier of 6.1 takes no loop that gets and releases a socket, so the
 * slots are written out.
 */
#define EACH_SLOT(DO) \
	DO(0)         \
	DO(1)         \
	DO(2)         \
	DO(3)         \
	DO(4)         \
	DO(5)         \
	DO(6)         \
	DO(7)

_Static_assert(BPF_SLOTS == 8, "EACH_SLOT writes out eight");

/* All taken: the newest must be in, since servers open a new group before they close the old. */
static __always_inline void
enter_listener(struct bpf_sock_ops *ctx, struct bpf_listener *key)
{
#define TRY(n)                                                                  \
	key->slot = n;                                                          \
	if (bpf_sock_hash_update(ctx, &NAME(listeners), key, BPF_NOEXIST) == 0) \
		return;
	EACH_SLOT(TRY)
#undef TRY
	key->slot = bpf_get_prandom_u32() % BPF_SLOTS;
	bpf_sock_hash_update(ctx, &NAME(listeners), key, BPF_ANY);
}

static __always_inline void
enter_exact(struct bpf_sock_ops *ctx, struct bpf_exact *key)
{
#define TRY(n)                                                               \
	key->slot = n;                                                       \
	if (bpf_sock_hash_update(ctx, &NAME(exacts), key, BPF_NOEXIST) == 0) \
		return;
	EACH_SLOT(TRY)
#undef TRY
	key->slot = bpf_get_prandom_u32() % BPF_SLOTS;
	bpf_sock_hash_update(ctx, &NAME(exacts), key, BPF_ANY);
}

static __always_inline void
listen_exact(struct bpf_sock_ops *ctx)
{
	struct bpf_exact key = {.port = (__u16)OPS_GET(ctx, local_port)};

	if (OPS_GET(ctx, family) == NET_AF_INET) {
		ip6_map(key.addr, OPS_GET(ctx, local_ip4));
	} else {
		key.addr[0] = LOAD32(ctx, WORD_OFF(struct bpf_sock_ops, local_ip6, 0));
		key.addr[1] = LOAD32(ctx, WORD_OFF(struct bpf_sock_ops, local_ip6, 1));
		key.addr[2] = LOAD32(ctx, WORD_OFF(struct bpf_sock_ops, local_ip6, 2));
		key.addr[3] = LOAD32(ctx, WORD_OFF(struct bpf_sock_ops, local_ip6, 3));
	}
	if (ip6_is_mapped(key.addr)) {
		if (bpf_map_lookup_elem(&NAME(dest4), &key.addr[3]) == NULL)
			return;
	} else if (bpf_map_lookup_elem(&NAME(dest6), key.addr) == NULL) {
		return;
	}
	const __u8 yes = 1;

	key.slot = 0;
	bpf_map_update_elem(&NAME(exact_ever), &key, &yes, BPF_ANY);
	enter_exact(ctx, &key);
}

SEC("sockops")
int
NAME(listen)(struct bpf_sock_ops *ctx)
{
	struct bpf_sock *sk;
	struct bpf_wild *wild;

	if (OPS_GET(ctx, op) != BPF_SOCK_OPS_TCP_LISTEN_CB)
		return 1;
	sk = LOADPTR(ctx, offsetof(struct bpf_sock_ops, sk));
	if (sk == NULL)
		return 1;
	wild = bpf_sk_storage_get(&NAME(wild), sk, 0, 0);
	if (wild == NULL) {
		listen_exact(ctx);
		return 1;
	}

	struct bpf_listener key = {.cgid = wild->cgid,
	    .port = wild->port != 0 ? wild->port : (__u16)OPS_GET(ctx, local_port)};
	__u32 families = wild->families;

	if ((families & BPF_WILD_4) != 0) {
		key.family = 4;
		enter_listener(ctx, &key);
	}
	if ((families & BPF_WILD_6) != 0) {
		key.family = 6;
		enter_listener(ctx, &key);
	}
	return 1;
}

/* The jail that is to be asked, or 0. */
static __always_inline __u64
dest_owner(struct bpf_sk_lookup *ctx, struct bpf_exact *exact)
{
	const __u64 *cgid;

	if (LOOK_GET(ctx, family) == NET_AF_INET) {
		ip6_map(exact->addr, LOOK_GET(ctx, local_ip4));
		cgid = bpf_map_lookup_elem(&NAME(dest4), &exact->addr[3]);
	} else {
		exact->addr[0] = LOAD32(ctx, WORD_OFF(struct bpf_sk_lookup, local_ip6, 0));
		exact->addr[1] = LOAD32(ctx, WORD_OFF(struct bpf_sk_lookup, local_ip6, 1));
		exact->addr[2] = LOAD32(ctx, WORD_OFF(struct bpf_sk_lookup, local_ip6, 2));
		exact->addr[3] = LOAD32(ctx, WORD_OFF(struct bpf_sk_lookup, local_ip6, 3));
		cgid = bpf_map_lookup_elem(&NAME(dest6), exact->addr);
	}
	return cgid != NULL ? *cgid : 0;
}

SEC("sk_lookup")
int
NAME(lookup)(struct bpf_sk_lookup *ctx)
{
	struct bpf_exact exact = {0};
	struct bpf_listener key = {0};
	struct bpf_sock *sk;

	if (LOOK_GET(ctx, protocol) != NET_TCP)
		return SK_PASS;
	key.cgid = dest_owner(ctx, &exact);
	if (key.cgid == 0)
		return SK_PASS;
	exact.port = key.port = (__u16)LOOK_GET(ctx, local_port);
	key.family = LOOK_GET(ctx, family) == NET_AF_INET ? 4 : 6;
#define LOOK(n)                                          \
	exact.slot = n;                                  \
	sk = bpf_map_lookup_elem(&NAME(exacts), &exact); \
	if (sk != NULL) {                                \
		bpf_sk_release(sk);                      \
		return SK_PASS;                          \
	}
	if (bpf_map_lookup_elem(&NAME(exact_ever), &exact) != NULL) {
		EACH_SLOT(LOOK)
	}
#undef LOOK
#define LOOK(n)                                           \
	key.slot = n;                                     \
	sk = bpf_map_lookup_elem(&NAME(listeners), &key); \
	if (sk != NULL) {                                 \
		long rc_ = bpf_sk_assign(ctx, sk, 0);     \
                                                          \
		bpf_sk_release(sk);                       \
		if (rc_ == 0)                             \
			return SK_PASS;                   \
	}
	EACH_SLOT(LOOK)
#undef LOOK
	return SK_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
