/*
 * libjail's private half: what our commands need and FreeBSD's API cannot carry.
 * Exported under the symbol version GAOL_PRIVATE; it may change with any release.
 */
#ifndef GAOL_H
#define GAOL_H

#include "prison/api.h"

#endif
