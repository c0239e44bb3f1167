/* File systems of the kernel, by fsopen(2) (Linux 5.2). */
#ifndef GAOL_PRISON_MOUNTFS_H
#define GAOL_PRISON_MOUNTFS_H

#include <stdint.h>

/* Sets "key=value,flag" of an fsopen descriptor; options is changed, and may be NULL. */
int mountfs_options(int fs, char *options);

/* A new superblock, as a detached mount with these MOUNT_ATTR_*; or a negative errno. */
int mountfs_new(const char *type, char *options, uint64_t attrs);

#endif
