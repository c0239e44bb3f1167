/* The pieces of jail.conf(5).  Pure: a text and a place in it. */
#ifndef GAOL_CONF_LEX_H
#define GAOL_CONF_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum lex_type {
	LEX_EOF,
	LEX_OPEN,   /* { */
	LEX_CLOSE,  /* } */
	LEX_SEMI,   /* ; */
	LEX_COMMA,  /* , */
	LEX_SET,    /* = */
	LEX_APPEND, /* += */
	LEX_PIECE,  /* literal text: decoded, up to the first NUL */
	LEX_VAR,    /* $name, ${name}; also within "..." */
	LEX_BAD,    /* what can stand nowhere outside quotes */
	LEX_ERROR,  /* something unterminated: to be said, then lexing goes on */
};

struct lex_token {
	enum lex_type type;
	bool joined;	  /* PIECE, VAR: stands directly behind another one, nothing in between */
	uint32_t off;	  /* where it begins in the text */
	uint32_t end;	  /* behind it; for the first piece of a string, behind the whole string */
	uint32_t line;	  /* of its first byte, from 1 */
	const char *text; /* PIECE, VAR: until the next call; ERROR: "unterminated ..." */
	uint32_t len;
};

struct lex {
	const char *text;
	uint32_t len;
	uint32_t pos;
	uint32_t line;
	bool joined; /* a string's piece was just read, and nothing ended the string */
	bool quoted; /* within "...", which ends at quote_end */
	uint32_t quote_end;
	struct str buf;
};

void lex_init(struct lex *lx, const char *text, uint32_t len);
void lex_done(struct lex *lx);

/* 0 or -ENOMEM.  EOF is returned as often as it is asked for. */
int lex_next(struct lex *lx, struct lex_token *ret);

#endif
