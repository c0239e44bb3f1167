/*
 * The table FreeBSD name <-> Linux name.  In it % is a decimal number and @ a drive
 * letter ("a" is 0, "aa" is 26), which FreeBSD writes as a number.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "prison/devhost.h"

struct alias {
	const char *linux_name;
	const char *freebsd_name;
	unsigned flags; /* enum devmatch_name_flags */
	unsigned first; /* the Linux number that is FreeBSD's 0 */
};

static const struct alias aliases[] = {
    /* memory, kernel messages, terminals */
    {"kmsg", "klog", 0, 0},
    {"port", "io", 0, 0},
    {"tty", "ctty", 0, 0},
    {"tty%", "ttyv%", 0, 1},
    {"ttyS%", "ttyu%", 0, 0},
    {"ttyS%", "cuau%", 0, 0},
    {"ttyUSB%", "ttyU%", 0, 0},
    {"ttyUSB%", "cuaU%", 0, 0},
    {"ttyACM%", "ttyU%", 0, 0},
    {"ttyACM%", "cuaU%", 0, 0},
    /* network: one node for all units */
    {"net/tun", "tap", DEVMATCH_FAMILY, 0},
    {"net/tun", "tun", DEVMATCH_FAMILY, 0},
    {"net/tun", "vmnet", DEVMATCH_FAMILY, 0},
    /* disks */
    {"sd@", "da@", 0, 0},
    {"sd@", "ada@", 0, 0},
    {"sd@%", "da@p%", 0, 0},
    {"sd@%", "da@s%", 0, 0},
    {"sd@%", "ada@p%", 0, 0},
    {"sd@%", "ada@s%", 0, 0},
    {"vd@", "vtbd@", 0, 0},
    {"vd@%", "vtbd@p%", 0, 0},
    {"vd@%", "vtbd@s%", 0, 0},
    {"xvd@", "xbd@", 0, 0},
    {"xvd@%", "xbd@p%", 0, 0},
    {"nvme%n1", "nvd%", 0, 0},
    {"nvme%n1", "nda%", 0, 0},
    {"nvme%n1p%", "nvd%p%", 0, 0},
    {"nvme%n1p%", "nda%p%", 0, 0},
    {"mmcblk%", "mmcsd%", 0, 0},
    {"mmcblk%p%", "mmcsd%p%", 0, 0},
    {"mmcblk%p%", "mmcsd%s%", 0, 0},
    {"sr%", "cd%", 0, 0},
    {"loop%", "md%", 0, 0},
    {"sg%", "pass%", 0, 0},
    {"st%", "sa%", 0, 0},
    {"nst%", "nsa%", 0, 0},
    /* sound, graphics, printers, USB */
    {"snd", "sndstat", 0, 0},
    {"snd/controlC%", "mixer%", 0, 0},
    {"snd/pcmC%D%p", "dsp%", 0, 0},
    {"snd/pcmC%D%c", "dsp%", 0, 0},
    {"snd/pcmC%D%p", "dsp%.%", 0, 0},
    {"snd/pcmC%D%c", "dsp%.%", 0, 0},
    {"dri", "drm", 0, 0},
    {"dri/card%", "drm/%", 0, 0},
    {"dri/renderD%", "drm/%", 0, 0},
    {"lp%", "lpt%", 0, 0},
    {"bus/usb", "usb", 0, 0},
    {"bus/usb/%/%", "usb/%.%.0", 0, 1},
    {"bus/usb/%/%", "ugen%.%", 0, 1},
};

#define CAPTURES_MAX 3

/* "a" 0, "z" 25, "aa" 26. */
static const char *
capture_letters(const char *s, unsigned *ret)
{
	unsigned n = 0, len = 0;

	for (; *s >= 'a' && *s <= 'z' && len < 4; s++, len++)
		n = n * 26 + (unsigned)(*s - 'a') + 1;
	*ret = n - 1;
	return len > 0 ? s : NULL;
}

static const char *
capture_number(const char *s, unsigned *ret)
{
	unsigned n = 0, len = 0;

	for (; isdigit((unsigned char)*s) && len < 8; s++, len++)
		n = n * 10 + (unsigned)(*s - '0');
	*ret = n;
	return len > 0 ? s : NULL;
}

static bool
match_template(const char *t, const char *name, unsigned *captured)
{
	size_t n = 0;

	for (; *t != '\0'; t++) {
		if (*t != '%' && *t != '@') {
			if (*name++ != *t)
				return false;
			continue;
		}
		name = *t == '%' ? capture_number(name, &captured[n])
				 : capture_letters(name, &captured[n]);
		n++;
		if (name == NULL)
			return false;
	}
	return *name == '\0';
}

static void
fill_template(const char *t, const unsigned *captured, char *buf, size_t size)
{
	size_t len = 0, n = 0;

	for (; *t != '\0' && len + 1 < size; t++) {
		if (*t == '%' || *t == '@')
			len += (size_t)snprintf(buf + len, size - len, "%u", captured[n++]);
		else
			buf[len++] = *t;
	}
	buf[len < size ? len : size - 1] = '\0';
}

int
devnames_aliases(
    const char *name, enum dev_kind kind, struct devmatch_name *ret, size_t max, size_t *ret_n)
{
	*ret_n = 0;
	if (kind != DEV_CHAR && kind != DEV_BLOCK && kind != DEV_DIR)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(aliases) && *ret_n < max; i++) {
		const struct alias *a = &aliases[i];
		unsigned captured[CAPTURES_MAX] = {0};
		char buf[64];

		if (!match_template(a->linux_name, name, captured) || captured[0] < a->first)
			continue;
		captured[0] -= a->first;
		fill_template(a->freebsd_name, captured, buf, sizeof(buf));
		ret[*ret_n].name = strdup(buf);
		ret[*ret_n].flags = a->flags;
		if (ret[*ret_n].name == NULL)
			return -ENOMEM;
		(*ret_n)++;
	}
	return 0;
}

/* Majors of Documentation/admin-guide/devices.txt in the kernel's source. */
enum {
	MAJOR_MEM = 1,
	MAJOR_TTY = 4,
	MAJOR_TTYAUX = 5,
	MAJOR_TAPE = 9,
	MAJOR_SG = 21,
	MAJOR_PTS_FIRST = 136,
	MAJOR_PTS_LAST = 143,
	MAJOR_RAW = 162,
};

static bool
is_tty(const char *name, unsigned major, unsigned minor)
{
	if (major == MAJOR_TTYAUX)
		return minor != 0 && minor != 2;
	if (major == MAJOR_TTY || (major >= MAJOR_PTS_FIRST && major <= MAJOR_PTS_LAST))
		return true;
	return strncmp(name, "tty", 3) == 0 || strncmp(name, "hvc", 3) == 0;
}

unsigned
devnames_types(const char *name, enum dev_kind kind, unsigned major, unsigned minor)
{
	if (kind == DEV_BLOCK)
		return DEV_TYPE_DISK;
	if (kind != DEV_CHAR)
		return 0;
	if (major == MAJOR_RAW || major == MAJOR_SG)
		return DEV_TYPE_DISK;
	/* mem, kmem, port */
	if (major == MAJOR_MEM && (minor == 1 || minor == 2 || minor == 4))
		return DEV_TYPE_MEM;
	if (major == MAJOR_TAPE)
		return DEV_TYPE_TAPE;
	return is_tty(name, major, minor) ? DEV_TYPE_TTY : 0;
}

unsigned
devnames_flags(const char *name, enum dev_kind kind)
{
	/* FreeBSD's BSD-style pseudo terminals; here serial ports and the kernel's ttyprintk. */
	if (kind == DEV_CHAR && strncmp(name, "tty", 3) == 0 && name[3] != '\0' &&
	    strchr("pqrsPQRSlmnoLMNO", name[3]) != NULL)
		return DEVMATCH_ACCIDENT;
	/* FreeBSD's memory disks; here RAID arrays. */
	if (kind == DEV_BLOCK && strncmp(name, "md", 2) == 0)
		return DEVMATCH_ACCIDENT;
	return 0;
}
