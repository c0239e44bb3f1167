/* Checks of the unit tests: each says where and what it saw, and the program goes on. */
#ifndef GAOL_TESTS_UNIT_H
#define GAOL_TESTS_UNIT_H

#include <stdio.h>
#include <string.h>

static int unit_failed;

#define CHECK(condition)                                                                    \
	do {                                                                                \
		if (!(condition)) {                                                         \
			(void)fprintf(                                                      \
			    stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			unit_failed++;                                                      \
		}                                                                           \
	} while (0)

#define CHECK_INT(got, want)                                                                       \
	do {                                                                                       \
		long long got_ = (got), want_ = (want);                                            \
		if (got_ != want_) {                                                               \
			(void)fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, \
			    #got, got_, want_);                                                    \
			unit_failed++;                                                             \
		}                                                                                  \
	} while (0)

/* NULL equals NULL only. */
#define CHECK_STR(got, want)                                                                      \
	do {                                                                                      \
		const char *got_ = (got), *want_ = (want);                                        \
		if ((got_ == NULL || want_ == NULL) ? got_ != want_ : strcmp(got_, want_) != 0) { \
			(void)fprintf(stderr, "%s:%d: %s is\n  [%s], not\n  [%s]\n", __FILE__,    \
			    __LINE__, #got, got_ == NULL ? "NULL" : got_,                         \
			    want_ == NULL ? "NULL" : want_);                                      \
			unit_failed++;                                                            \
		}                                                                                 \
	} while (0)

#define UNIT_DONE() (unit_failed == 0 ? 0 : 1)

#endif
