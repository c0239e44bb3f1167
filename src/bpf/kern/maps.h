/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The maps, weak, so that each program's object defines them and the static
 * linker makes one of each.  No preallocation: an idle instance costs only its
 * buckets.  A full map refuses the insertion, which refuses the jail.
 */
#ifndef GAOL_BPF_KERN_MAPS_H
#define GAOL_BPF_KERN_MAPS_H

#include "bpf/api.h"
#include "bpf/kern/ctx.h"
#include "bpf/names.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BPF_PRISONS_MAX);
	__type(key, __u64);
	__type(value, struct bpf_prison);
} NAME(prisons) __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BPF_PRISONS_MAX);
	__type(key, __u64);
	__type(value, struct bpf_addrs4);
} NAME(addrs4) __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BPF_PRISONS_MAX);
	__type(key, __u64);
	__type(value, struct bpf_addrs6);
} NAME(addrs6) __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BPF_DEVSETS_MAX);
	__type(key, __u32);
	__type(value, struct bpf_devset);
} NAME(devsets) __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BPF_LISTED_MAX);
	__type(key, __u32);
	__type(value, __u64);
} NAME(listed) __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BPF_LISTED_MAX);
	__type(key, __u32);
	__type(value, __u64);
} NAME(dest4) __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BPF_LISTED_MAX);
	__type(key, struct bpf_addr6);
	__type(value, __u64);
} NAME(dest6) __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct bpf_wild);
} NAME(wild) __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, BPF_LISTENERS_MAX);
	__type(key, struct bpf_listener);
	__type(value, __u64);
} NAME(listeners) __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, BPF_LISTENERS_MAX);
	__type(key, struct bpf_exact);
	__type(value, __u64);
} NAME(exacts) __weak SEC(".maps");

/*
 * Addresses and ports (slot 0) at which an exact listener was ever seen, so that a SYN to
 * any other need not ask all slots.  Forgotten too early: the wildcard is served there.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, BPF_LISTENERS_MAX);
	__type(key, struct bpf_exact);
	__type(value, __u8);
} NAME(exact_ever) __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, BPF_PEERS_MAX);
	__type(key, struct bpf_peer);
	__type(value, struct bpf_addr6);
} NAME(peers) __weak SEC(".maps");

/* The id of the instance's root cgroup, set by the loader. */
__weak const volatile __u64 root_id = 0;

#endif
