/* Prints the errors' texts of the C library that this machine's other programs use. */
#include <stdio.h>
#include <string.h>

#define LAST 133

int
main(void)
{
	(void)puts("#include <stddef.h>\nextern const char *const musl_texts[];\n"
		   "extern const size_t musl_ntexts;\nconst char *const musl_texts[] = {");
	for (int i = 0; i <= LAST; i++)
		(void)printf("\t\"%s\",\n", strerror(i));
	(void)printf("};\nconst size_t musl_ntexts = %d;\n", LAST + 1);
	return fflush(stdout) == 0 ? 0 : 1;
}
