/* The pieces of the one-program userland of the tests. */
#ifndef GAOL_TESTS_INIT_H
#define GAOL_TESTS_INIT_H

/* "WHAT: strerror" on stderr; returns 1. */
int complain(const char *what);
/* The errno's name, as "EPERM". */
const char *errno_name(int num);

/* try NAME...|all|list: does what a jail must refuse (try.c), prints "NAME: ok" or "NAME: EPERM".
 */
int do_try(int argc, char **argv);

/*
 * tcp listen ADDR PORT [N]     accepts N (1) connections, prints "LOCAL <- PEER" for each, echoes
 *                              the first line
 * tcp connect ADDR PORT [TEXT] prints "LOCAL -> PEER" and what comes back
 * udp listen ADDR PORT [N], udp send ADDR PORT TEXT
 */
int do_tcp(int argc, char **argv);
int do_udp(int argc, char **argv);

#endif
