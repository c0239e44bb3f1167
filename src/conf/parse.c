/* The grammar: statements into blocks.  After an error it goes on behind the next semicolon. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/impl.h"
#include "conf/lex.h"
#include "conf/vec.h"

/* A name nested deeper could be no jail's: they end at 255 bytes. */
#define OPEN_MAX 128
/* Of a token in a message. */
#define TOKEN_MAX 100

struct parser {
	struct conf *c;
	uint32_t source;
	uint32_t base; /* blocks that were open when this text began */
	struct lex lx;
	struct lex_token t;
	struct str name;
	struct str literal;
	struct piece *pieces;
	uint32_t npieces, pieces_size;
	uint32_t nvars, nelements;
	/* So that one mistake is not told twice, as a block's end that is too many or missing. */
	bool lost_close;     /* an end of a block may have been skipped */
	uint32_t lost_opens; /* beginnings of blocks that were skipped */
	unsigned calm;	     /* tokens left of the three behind an error (yacc's rule) */
};

int
conf_parse_error(struct conf *c, struct place at, const char *what)
{
	struct conf_message m = {0};
	cleanup_str struct str text = STR_EMPTY;
	int r;

	c->failed = true;
	r = conf_message_place(c, &c->messages.mem, at, &m);
	if (r < 0)
		return r;
	r = str_add(&text, c->sources[at.source].escaped);
	if (r == 0)
		r = str_addf(&text, " line %d: %s", m.line, what);
	return r < 0 ? r : conf_message_add(&c->messages, &m, str_get(&text));
}

/* It has no place, as what is missing can be missing anywhere. */
static int
unexpected_eof(struct conf *c, const struct source *s)
{
	struct conf_message m = {.file = s->shown};
	cleanup_str struct str text = STR_EMPTY;
	int r = str_addf(&text, "%s: unexpected EOF", s->escaped);

	c->failed = true;
	return r < 0 ? r : conf_message_add(&c->messages, &m, str_get(&text));
}

static struct place
here(const struct parser *p)
{
	return (struct place){.source = p->source, .off = p->t.off};
}

/* The next token; what the lexer could not end is said and passed over. */
static int
advance(struct parser *p)
{
	for (;;) {
		int r = lex_next(&p->lx, &p->t);

		if (r < 0)
			return r;
		if (p->t.type != LEX_ERROR) {
			p->calm -= p->calm > 0;
			return 0;
		}
		r = conf_parse_error(p->c, here(p), p->t.text);
		if (r < 0)
			return r;
		/* It may have swallowed the end of the block. */
		p->lost_close = true;
	}
}

static int
recover(struct parser *p)
{
	while (p->t.type != LEX_SEMI && p->t.type != LEX_EOF) {
		int r;

		if (p->t.type == LEX_OPEN) {
			p->lost_opens++;
		} else if (p->t.type == LEX_CLOSE) {
			p->lost_close = true;
			if (p->lost_opens > 0)
				p->lost_opens--;
		}
		r = advance(p);
		if (r < 0)
			return r;
	}
	p->calm = 3;
	return 0;
}

static int
bad_token(struct parser *p)
{
	cleanup_str struct str what = STR_EMPTY;
	const struct lex_token *t = &p->t;
	int r;

	r = conf_message_escape(&what, p->lx.text + t->off, t->end - t->off, TOKEN_MAX);
	if (r == 0)
		r = str_add(&what, ": syntax error");
	return r < 0 ? r : conf_parse_error(p->c, here(p), str_get(&what));
}

static int
syntax_error(struct parser *p)
{
	int r;

	if (p->t.type == LEX_EOF) {
		if (p->lost_close || p->calm > 0)
			return 0;
		p->lost_close = true;
		return unexpected_eof(p->c, &p->c->sources[p->source]);
	}
	r = bad_token(p);
	return r < 0 ? r : recover(p);
}

static int
add_block(struct conf *c, struct jails *to, const char *name, size_t len, struct place at,
    uint32_t line, struct conf_jail **ret)
{
	struct conf_jail *j = arena_alloc(&c->mem, sizeof(*j));
	const char *copy = arena_copy(&c->mem, name, len);
	int r = VEC_ROOM(to->list, to->n, to->size);

	if (j == NULL || copy == NULL || r < 0)
		return -ENOMEM;
	*j = (struct conf_jail){
	    .conf = c,
	    .name = copy,
	    .len = (uint32_t)len,
	    .seq = c->nblocks++,
	    .off = at.off,
	    .source = at.source,
	    .line = line,
	};
	to->list[to->n++] = j;
	*ret = j;
	return 0;
}

/* The block of statements outside all blocks stands where the first of them does. */
static int
globals(struct parser *p, const struct lex_token *name, struct conf_jail **ret)
{
	struct conf *c = p->c;
	struct place at = {.source = p->source, .off = name->off};
	int r = 0;

	if (c->global == NULL)
		r = add_block(c, &c->wilds, "*", 1, at, name->line, &c->global);
	*ret = c->global;
	return r;
}

static int
open_block(struct parser *p, const struct lex_token *name)
{
	struct conf *c = p->c;
	cleanup_str struct str full = STR_EMPTY;
	struct place at = {.source = p->source, .off = name->off};
	struct conf_jail *j;
	int r = 0;

	if (c->open.n > OPEN_MAX) {
		r = conf_parse_error(c, here(p), "jails nested too deeply");
		return r < 0 ? r : recover(p);
	}
	if (c->open.n > 0) {
		const struct conf_jail *outer = c->open.list[c->open.n - 1];

		r = str_addn(&full, outer->name, outer->len);
		if (r == 0)
			r = str_addc(&full, '.');
	}
	if (r == 0)
		r = str_addn(&full, str_get(&p->name), p->name.len);
	if (r == 0)
		r = add_block(c, conf_wild(str_get(&full)) ? &c->wilds : &c->jails, str_get(&full),
		    full.len, at, name->line, &j);
	if (r == 0)
		r = VEC_ROOM(c->open.list, c->open.n, c->open.size);
	if (r == 0)
		c->open.list[c->open.n++] = j;
	return r;
}

static int
close_block(struct parser *p)
{
	if (p->c->open.n > p->base) {
		p->c->open.n--;
		return 0;
	}
	if (p->lost_opens > 0) {
		p->lost_opens--;
		return 0;
	}
	/* Nothing is unfinished, so nothing needs to be skipped. */
	return p->calm > 0 ? 0 : bad_token(p);
}

static int
add_piece(struct parser *p, const char *text, uint32_t len, uint32_t id, uint32_t off)
{
	int r = VEC_ROOM(p->pieces, p->npieces, p->pieces_size);

	if (r < 0)
		return r;
	p->pieces[p->npieces++] = (struct piece){.text = text, .len = len, .id = id, .off = off};
	return 0;
}

static int
flush_literal(struct parser *p, uint32_t off)
{
	const char *text = arena_copy(&p->c->mem, str_get(&p->literal), p->literal.len);
	uint32_t len = (uint32_t)p->literal.len;

	p->literal.len = 0;
	return text == NULL ? -ENOMEM : add_piece(p, text, len, 0, off);
}

/* One element of a list: all pieces up to what is not joined to them. */
static int
element(struct parser *p)
{
	uint32_t first = p->npieces, off = p->t.off;
	int r = 0;

	p->literal.len = 0;
	do {
		if (p->t.type == LEX_PIECE) {
			if (p->literal.len == 0)
				off = p->t.off;
			r = str_addn(&p->literal, p->t.text, p->t.len);
		} else {
			uint32_t id;

			if (p->literal.len > 0)
				r = flush_literal(p, off);
			if (r == 0)
				r = intern_add(&p->c->names, p->t.text, p->t.len, &id);
			if (r == 0)
				r = add_piece(p, NULL, 0, id, p->t.off);
			p->nvars++;
		}
		if (r == 0)
			r = advance(p);
	} while (r == 0 && (p->t.type == LEX_PIECE || p->t.type == LEX_VAR) && p->t.joined);
	if (r == 0 && (p->literal.len > 0 || p->npieces == first))
		r = flush_literal(p, off);
	if (r < 0)
		return r;
	p->pieces[p->npieces - 1].last = true;
	p->nelements++;
	return 0;
}

/* Returns 1 with the pieces, 0 if there was an error in them. */
static int
value(struct parser *p)
{
	int r;

	p->npieces = p->nvars = p->nelements = 0;
	for (;;) {
		if (p->t.type != LEX_PIECE && p->t.type != LEX_VAR)
			break;
		r = element(p);
		if (r < 0)
			return r;
		if (p->t.type == LEX_SEMI)
			return 1;
		if (p->t.type != LEX_COMMA)
			break;
		r = advance(p);
		if (r < 0)
			return r;
	}
	r = syntax_error(p);
	return r < 0 ? r : 0;
}

static int
include_all(struct parser *p)
{
	for (uint32_t i = 0; i < p->npieces; i++) {
		struct place at = {.source = p->source, .off = p->pieces[i].off};

		if (p->pieces[i].text == NULL)
			return conf_parse_error(
			    p->c, at, "variables not permitted in '.include' filename");
	}
	for (uint32_t i = 0; i < p->npieces && !p->c->stop; i++) {
		struct place at = {.source = p->source, .off = p->pieces[i].off};
		int r = conf_include(p->c, p->pieces[i].text, at);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Moves what was read of the value into the statement, which lives as long as the struct conf. */
static int
keep_value(struct parser *p, struct stmt *s)
{
	struct arena *mem = &p->c->mem;

	if (p->nelements == 0)
		return 0;
	if (p->nvars > 0) {
		struct piece *pieces = arena_alloc(mem, p->npieces * sizeof(*pieces));

		if (pieces == NULL)
			return -ENOMEM;
		memcpy(pieces, p->pieces, p->npieces * sizeof(*pieces));
		s->u.pieces = pieces;
		s->has_vars = true;
		s->n = p->npieces;
	} else {
		const char **values = arena_alloc(mem, (p->npieces + 1) * sizeof(*values));

		if (values == NULL)
			return -ENOMEM;
		for (uint32_t i = 0; i < p->npieces; i++)
			values[i] = p->pieces[i].text;
		values[p->npieces] = NULL;
		s->u.values = values;
		s->n = p->npieces;
	}
	return 0;
}

static int
add_statement(struct parser *p, const struct lex_token *name, bool append)
{
	struct conf *c = p->c;
	struct conf_jail *j;
	struct stmt *s;
	int r = 0;

	if (c->open.n > 0)
		j = c->open.list[c->open.n - 1];
	else
		r = globals(p, name, &j);
	if (r < 0)
		return r;
	s = arena_alloc(&c->mem, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	*s = (struct stmt){
	    .source = p->source,
	    .off = name->off,
	    .line = name->line,
	    .append = append,
	    .is_var = name->type == LEX_VAR,
	};
	r = intern_add(&c->names, str_get(&p->name), p->name.len, &s->name);
	if (r == 0)
		r = keep_value(p, s);
	if (r < 0)
		return r;
	if (j->last != NULL)
		j->last->next = s;
	else
		j->first = s;
	j->last = s;
	return 0;
}

static int
statement(struct parser *p)
{
	const struct lex_token name = p->t;
	enum lex_type op;
	bool bare = false;
	int r;

	p->name.len = 0;
	r = str_addn(&p->name, name.text, name.len);
	if (r == 0)
		r = advance(p);
	if (r < 0)
		return r;
	op = p->t.type;
	switch (op) {
	case LEX_SEMI:
		p->nelements = 0;
		return add_statement(p, &name, false);
	case LEX_OPEN:
		return name.type == LEX_VAR ? syntax_error(p) : open_block(p, &name);
	case LEX_SET:
	case LEX_APPEND:
		r = advance(p);
		break;
	case LEX_PIECE:
	case LEX_VAR:
		if (p->t.joined)
			return syntax_error(p);
		bare = true;
		break;
	case LEX_EOF:
	case LEX_CLOSE:
	case LEX_COMMA:
	case LEX_BAD:
	case LEX_ERROR:
		return syntax_error(p);
	}
	if (r == 0)
		r = value(p);
	if (r <= 0)
		return r;
	if (bare && name.type == LEX_PIECE && strcmp(str_get(&p->name), ".include") == 0)
		return include_all(p);
	return add_statement(p, &name, op == LEX_APPEND);
}

static int
config(struct parser *p)
{
	int r = 0;

	while (r == 0 && !p->c->stop) {
		r = advance(p);
		if (r < 0)
			break;
		switch (p->t.type) {
		case LEX_SEMI:
			continue;
		case LEX_EOF:
			return p->c->open.n > p->base ? syntax_error(p) : 0;
		case LEX_CLOSE:
			r = close_block(p);
			break;
		case LEX_PIECE:
		case LEX_VAR:
			r = p->t.joined ? syntax_error(p) : statement(p);
			break;
		case LEX_OPEN:
		case LEX_COMMA:
		case LEX_SET:
		case LEX_APPEND:
		case LEX_BAD:
		case LEX_ERROR:
			r = syntax_error(p);
			break;
		}
	}
	return r;
}

int
conf_parse_source(struct conf *c, uint32_t source)
{
	struct parser p = {.c = c, .source = source, .base = c->open.n};
	int r;

	lex_init(&p.lx, c->sources[source].text, c->sources[source].len);
	r = config(&p);
	/* A block ends in the file in which it began. */
	c->open.n = p.base;
	lex_done(&p.lx);
	str_done(&p.name);
	str_done(&p.literal);
	free(p.pieces);
	return r;
}
