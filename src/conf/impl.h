/* What the files of this folder share; nobody else includes it. */
#ifndef GAOL_CONF_IMPL_H
#define GAOL_CONF_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "conf/arena.h"
#include "conf/conf.h"
#include "conf/intern.h"
#include "conf/wild.h"

/* Offsets are 32 bits; nobody's jail.conf comes near it. */
#define CONF_FILE_MAX ((size_t)1 << 30)

/* One file's text, kept for the lines under messages. */
struct source {
	const char *name; /* as opened; relative includes start from its directory */
	const char *shown;
	const char *escaped; /* shown, for messages */
	char *text;
	uint32_t len;
	bool no_include;
	uint32_t *lines; /* offsets of line starts; made when the first message needs them */
	uint32_t nlines;
};

/* A place in a text. */
struct place {
	uint32_t source;
	uint32_t off;
};

/* A part of an element: literal text, or a variable. */
struct piece {
	const char *text; /* NULL: variable `id` */
	uint32_t len;	  /* of text */
	uint32_t id;
	uint32_t off;
	bool last; /* ends its element */
};

struct stmt {
	struct stmt *next; /* in the same block */
	uint32_t name;	   /* in conf.names */
	uint32_t source;
	uint32_t off;
	uint32_t line;
	uint32_t n; /* values, or pieces where there are variables */
	bool append;
	bool is_var;
	bool has_vars;
	union {
		const char *const *values; /* NULL terminated */
		const struct piece *pieces;
	} u;
};

struct messages {
	struct arena mem;
	struct conf_message *list;
	size_t n;
	size_t size;
};

struct lookup {
	uint32_t name;
	uint32_t at;
};

/* What a jail came to. */
struct result {
	struct arena mem;
	size_t used; /* bytes, held against a limit */
	struct conf_param *params;
	const struct stmt **stmts; /* NULL: implied by the block's name */
	uint32_t *names;
	uint32_t n;
	struct lookup *index; /* sorted by name, then place; made when first asked */
};

/* A block: a jail, or a wildcard's or the globals' parameters. */
struct conf_jail {
	struct conf *conf;
	const char *name;
	uint32_t len;
	uint32_t seq; /* position among all blocks */
	uint32_t off;
	uint32_t source;
	uint32_t line;
	bool resolved; /* once at least: its messages are known */
	bool failed;
	bool no_memory; /* the last time */
	struct stmt *first, *last;
	struct result *result;	   /* NULL: not resolved, or released */
	struct messages *messages; /* NULL: none */
};

struct jails {
	struct conf_jail **list;
	uint32_t n;
	uint32_t size;
};

/* Which slot of the jail being merged has this name: valid if epoch is the current one. */
struct name_slot {
	uint32_t epoch;
	uint32_t slot;
	uint32_t said; /* epoch in which a clash was said */
};

#define SLOT_NONE UINT32_MAX

enum slot_state {
	SLOT_NEW,
	SLOT_ACTIVE, /* in scratch.frames: what it refers to is being made */
	SLOT_DONE,   /* values, n are final */
};

/* A parameter or variable of the jail being resolved; its number is the order of first definition.
 */
struct slot {
	uint32_t name;
	uint32_t next; /* number + 1 of the next slot of that very name; rare: see merge.c */
	uint32_t
	    links; /* number + 1 of the first statement that its value is made of; 0: implied */
	uint32_t last;
	uint32_t generation;
	enum slot_state state;
	bool is_var;
	bool once; /* cannot be set again */
	bool has_vars;
	bool has_value;
	bool listed; /* in scratch.order */
	bool bad;
	bool len_known;
	uint32_t n;
	const char *const *values;
	size_t len; /* of the only value */
};

struct link {
	const struct stmt *stmt;
	uint32_t next; /* number + 1 */
};

/* A slot on the way from the one that is being resolved, and how far its references are followed.
 */
struct frame {
	uint32_t slot;
	uint32_t link;
	uint32_t piece;
};

/* Working memory of merging, used again for each jail. */
struct scratch {
	struct name_slot *by_name;
	uint32_t epoch;
	struct slot *slots;
	uint32_t nslots, slots_size;
	struct link *links;
	uint32_t nlinks, links_size;
	struct frame *frames;
	uint32_t nframes, frames_size;
	uint32_t *order;
	uint32_t norder, order_size;
	struct conf_jail **blocks;
	uint32_t nblocks, blocks_size;
	uint32_t leader; /* a slot that is listed before all others, or SLOT_NONE */
};

struct conf {
	struct arena mem;
	struct source *sources;
	uint32_t nsources, sources_size;
	struct messages messages;
	bool failed;
	bool stop; /* an error after which FreeBSD's ends at once */

	struct intern names; /* of parameters and variables */
	uint8_t *name_flags; /* enum name_flags */
	uint32_t
	    *related; /* names equal but for a `no`: those of id are related_at[id] .. [id + 1] */
	uint32_t *related_at;
	uint32_t id_name, id_jid;

	struct jails jails, wilds;
	struct intern jail_names;
	uint32_t *jail_first; /* by number of the name */
	struct wild wild;
	struct scratch scratch;

	/* While parsing. */
	struct conf_jail *global;
	struct jails open;
	uint32_t nblocks;
	unsigned include_depth;
};

enum name_flags {
	NAME_STATED = 1 << 0, /* some statement sets it as a parameter */
	NAME_KNOWN = 1 << 1,  /* a variable cannot have this name */
	NAME_ONCE = 1 << 2,   /* jid, name and their no-forms */
};

/* message.c */

/* Adds text with control bytes, what is not UTF-8, and what turns text around made visible; at most
 * max bytes of it. */
int conf_message_escape(struct str *out, const char *text, size_t len, size_t max);
/* Where a place stands: file, line, file_column, column, source. */
int conf_message_place(
    struct conf *c, struct arena *mem, struct place at, struct conf_message *ret);
int conf_message_add(struct messages *m, const struct conf_message *message, const char *text);
void conf_messages_done(struct messages *m);

/* parse.c */
int conf_parse_source(struct conf *c, uint32_t source);
/* "FILE line L: " and what, which is escaped already. */
int conf_parse_error(struct conf *c, struct place at, const char *what);

/* include.c */
int conf_source_add(
    struct conf *c, const char *name, const char *shown, char *text_take, size_t len);
/* -errno of opening or reading, with nothing said. */
int conf_source_open(struct conf *c, const char *file, uint32_t *ret);
int conf_include(struct conf *c, const char *pattern, struct place at);

/* names.c */
int conf_names_finish(struct conf *c);
/* Calls fn with the names that are the same parameter as this one, itself included. */
typedef void conf_names_fn(uint32_t id, void *arg);
void conf_names_alike(const struct conf *c, const char *name, conf_names_fn *fn, void *arg);

/* resolve.c */

/* Sets failed, and keeps "JAIL: [subject: ]before NAME after" unless it was said before. */
int conf_jail_error(struct conf_jail *j, struct place at, const char *subject, const char *before,
    const char *name, const char *after);

/* merge.c */
bool conf_jail_number(const char *name, long *ret);
/* All blocks that matter to the jail, into conf.scratch. */
int conf_merge(struct conf_jail *j, struct result *res);
uint32_t conf_slot_by_name(const struct conf *c, uint32_t name);

/* expand.c */
int conf_expand(struct conf_jail *j, struct result *res);

#endif
