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
#define BPF_NAME_PREFIX "gaol2_"
/* For the definitions: NAME(dev) is gaol2_dev. */
#define NAME(x) gaol2_##x

/* Written by src/prison's calls, and pinned. */
#define BPF_MAP_PRISONS BPF_NAME_PREFIX "prisons"
#define BPF_MAP_ADDRS4 BPF_NAME_PREFIX "addrs4"
#define BPF_MAP_ADDRS6 BPF_NAME_PREFIX "addrs6"
#define BPF_MAP_DEVSETS BPF_NAME_PREFIX "devsets"
#define BPF_MAP_LISTED BPF_NAME_PREFIX "listed"
#define BPF_MAP_DEST4 BPF_NAME_PREFIX "dest4"
#define BPF_MAP_DEST6 BPF_NAME_PREFIX "dest6"
/* Written by the programs alone, and held by them. */
#define BPF_MAP_WILD BPF_NAME_PREFIX "wild"
#define BPF_MAP_LISTENERS BPF_NAME_PREFIX "listeners"
#define BPF_MAP_EXACTS BPF_NAME_PREFIX "exacts"
#define BPF_MAP_PEERS BPF_NAME_PREFIX "peers"

/* Pinned beside the maps; attached by bpf_raw_attach, not by the loader. */
#define BPF_PROG_EGRESS BPF_NAME_PREFIX "egress"
/* Of this one the link to the network namespace is pinned: it lives as long as the pin. */
#define BPF_PROG_LOOKUP BPF_NAME_PREFIX "lookup"
/* Attached to interfaces by bpf_udp_attach, as filter "gaol_udp.<cgroup id>". */
#define BPF_PROG_UDP BPF_NAME_PREFIX "udp"

#endif
