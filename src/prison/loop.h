/* A loop device for the image of a file system (loop(4)). */
#ifndef GAOL_PRISON_LOOP_H
#define GAOL_PRISON_LOOP_H

#include <stdbool.h>

#define LOOP_PATH_SIZE 32

/*
 * Attaches a free device to the file, which it lets go by itself when its last user, the
 * mount, is gone (LO_FLAGS_AUTOCLEAR; LOOP_CONFIGURE, Linux 5.8).  Returns a descriptor that
 * keeps it until then, its path in buf; or a negative errno.
 */
int loop_attach(int file, bool read_only, char buf[static LOOP_PATH_SIZE]);

#endif
