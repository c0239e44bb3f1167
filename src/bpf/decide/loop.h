/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A loop over a list whose body the verifier looks at once, not BPF_ADDRS_MAX
 * times (bpf_loop, 5.17); natively an ordinary loop.  step returns 1 to stop.
 */
#ifndef GAOL_BPF_DECIDE_LOOP_H
#define GAOL_BPF_DECIDE_LOOP_H

#include <linux/types.h>

#ifdef __bpf__
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define loop_over(n, step, arg) ((void)bpf_loop(n, step, arg, 0))
#define LOOP_STEP __attribute__((noinline, unused)) static
#else
#define LOOP_STEP __attribute__((unused)) static

__attribute__((unused)) static inline void
loop_over(__u32 n, long (*step)(__u32 i, void *arg), void *arg)
{
	for (__u32 i = 0; i < n; i++)
		if (step(i, arg) != 0)
			return;
}
#endif

#endif
