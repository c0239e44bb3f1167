/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The names by which the kernel knows our programs and maps (at most 15 bytes).
 * They carry BPF_LAYOUT, because who finds them through the cgroup has only the name.
 */
#ifndef GAOL_BPF_NAMES_H
#define GAOL_BPF_NAMES_H

#define BPF_PIN_DIR ".bpf"
/* Any layout's programs begin so: whoever unloads takes an older version's away too. */
#define BPF_NAME_ANY "gaol"
#define BPF_NAME_PREFIX "gaol1_"
/* For the definitions: NAME(dev) is gaol1_dev. */
#define NAME(x) gaol1_##x

#define BPF_MAP_PRISONS BPF_NAME_PREFIX "prisons"
#define BPF_MAP_ADDRS4 BPF_NAME_PREFIX "addrs4"
#define BPF_MAP_ADDRS6 BPF_NAME_PREFIX "addrs6"
#define BPF_MAP_DEVSETS BPF_NAME_PREFIX "devsets"
#define BPF_MAP_LISTED BPF_NAME_PREFIX "listed"

/* Pinned beside the maps; attached by bpf_raw_attach, not by the loader. */
#define BPF_PROG_EGRESS BPF_NAME_PREFIX "egress"

#endif
