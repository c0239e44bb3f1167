#include "prison/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"

/* Others look for a free one, too. */
#define TRIES 64

int
loop_attach(int file, bool read_only, char buf[static LOOP_PATH_SIZE])
{
	cleanup_fd int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = {
	    .fd = (unsigned)file,
	    .info.lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0),
	};

	if (control < 0)
		return -errno;
	for (int i = 0; i < TRIES; i++) {
		int n = ioctl(control, LOOP_CTL_GET_FREE);
		cleanup_fd int device = -EBADF;

		if (n < 0)
			return -errno;
		(void)snprintf(buf, LOOP_PATH_SIZE, "/dev/loop%d", n);
		device = open(buf, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
		if (device < 0)
			return -errno;
		if (ioctl(device, LOOP_CONFIGURE, &config) == 0)
			return take_fd(&device);
		if (errno != EBUSY)
			return -errno;
	}
	return -EBUSY;
}
