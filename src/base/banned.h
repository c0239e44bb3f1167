/*
 * Calls that this project does not use.  Included by every compilation through
 * the command line, after the system headers that declare them.
 */
#ifndef GAOL_BANNED_H
#define GAOL_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
/* No bounds: snprintf, or struct str (str.h). */
#pragma GCC poison strcpy strcat sprintf vsprintf

#undef strncpy
#undef strncat
/* Leaves no terminator, or counts from the wrong end. */
#pragma GCC poison strncpy strncat

#undef strtok
/* Hidden state; strsep on a copy that we own. */
#pragma GCC poison strtok

#undef atoi
#undef atol
/* No errors, undefined on overflow: num.h. */
#pragma GCC poison atoi atol

#undef system
#undef popen
/* A shell nobody asked for. */
#pragma GCC poison system popen

#endif
