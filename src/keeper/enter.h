/*
 * What stands between our commands and a program of a jail where root inside is root on
 * the host's files too (gaol.userns=identity, inherit).
 *
 * A process that executes a jail's file still has our command as its image, and
 * /proc/self/exe leads there: a file that is a link to it, or begins with "#!/proc/self/exe",
 * makes the kernel run our command again with the jail's libraries in it, which then open
 * the host's file and write to it.  So the last image before the jail's is this program,
 * executed from a mount that is read-only, with nothing in it that a jail could choose.
 */
#ifndef GAOL_KEEPER_ENTER_H
#define GAOL_KEEPER_ENTER_H

#define ENTER_PATH GAOL_LIBEXECDIR "/enter"

/*
 * Pipe at this number: an int, the errno with which no candidate could be executed; end of
 * file: one was.
 */
#define ENTER_FD_REPORT 3

enum enter_arg {
	ENTER_ARG_NAME,
	ENTER_ARG_FILES, /* how many files follow, one character from '1': the first that can be
			    executed is, as by execvp(3) */
	ENTER_ARG_FIRST, /* the files, then the arguments of the program from its own name on */
};

/* More places in a PATH are not looked at. */
#define ENTER_FILES_MAX 64

#endif
