/* Arrays that grow by doubling: so that n additions cost n, not n * n. */
#ifndef GAOL_CONF_VEC_H
#define GAOL_CONF_VEC_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* Room for element number n at least; size is counted in elements.  0 or -ENOMEM. */
#define VEC_ROOM(list, n, size)                                                            \
	__extension__({                                                                    \
		int vec_r_ = 0;                                                            \
		if ((n) >= (size)) {                                                       \
			__typeof__(size) vec_size_ = (size) < 8 ? 16 : (size)*2;           \
			void *vec_p_ = NULL;                                               \
			while (vec_size_ <= (n) && vec_size_ < UINT32_MAX / 4)             \
				vec_size_ *= 2;                                            \
			if (vec_size_ < UINT32_MAX / 4)                                    \
				vec_p_ = reallocarray((list), vec_size_, sizeof(*(list))); \
			if (vec_p_ != NULL) {                                              \
				(list) = vec_p_;                                           \
				(size) = vec_size_;                                        \
			} else {                                                           \
				vec_r_ = -ENOMEM;                                          \
			}                                                                  \
		}                                                                          \
		vec_r_;                                                                    \
	})

#endif
