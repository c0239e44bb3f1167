/* What musl's header of this name lacks: renameat2(2). */
#ifndef GAOL_MUSL_STDIO_H
#define GAOL_MUSL_STDIO_H

#include_next <stdio.h>

#ifndef RENAME_EXCHANGE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#define renameat2 musl_renameat2
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
#endif

#endif
