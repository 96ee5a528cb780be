/* SPDX-License-Identifier: ISC */
/* The frames between a program and its script child. */
#include "lib/script/script_frames.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/places.h"
#include "lib/script/keyguard.h"

static int
malformed_frame(const char *what, struct err *e)
{
	return err_setx(e, ERR_PROTOCOL, "the script child sent malformed %s", what);
}

int
script_frames_put_value(struct buf *b, const struct value *v, struct err *e)
{
	if (wire_put_u8(b, (uint8_t)v->type, e) == -1 || wire_put_u64(b, v->number, e) == -1)
		return -1;
	return wire_put_string(b, v->data, v->len, e);
}

int
script_frames_value(struct wire *w, struct value *v, struct err *e)
{
	struct value got = { .type = (enum value_type)wire_u8(w), .number = wire_u64(w) };
	const uint8_t *data = wire_string(w, &got.len);
	bool numeric = got.type == VALUE_DWORD || got.type == VALUE_QWORD;

	/* The child makes no value of another type, whatever the registry has. */
	if (data == NULL || got.type >= VALUE_TYPE_COUNT || got.len > VALUE_SIZE_MAX ||
	    (!numeric && got.number != 0))
		return malformed_frame("value", e);
	if (!numeric || got.len > 0) {
		if ((got.data = malloc(got.len + 1)) == NULL)
			return err_nomem(e);
		memcpy(got.data, data, got.len);
		got.data[got.len] = '\0';
	}
	if (value_check(&got, e) == -1) {
		value_free(&got);
		return malformed_frame("value", e);
	}
	*v = got;
	return 0;
}

/* One name of %NAME%; text NULL: the name is known and has no value. */
static int
put_name(struct buf *b, const char *name, const char *text, struct err *e)
{
	if (frame_put_name(b, name, e) == -1 || wire_put_u8(b, text != NULL, e) == -1)
		return -1;
	return frame_put_name(b, text != NULL ? text : "", e);
}

/* The fixed names, which the child can't look up any more. */
static int
put_fixed_names(struct buf *b, struct err *e)
{
	const char *name;

	for (size_t i = 0; (name = place_known_name(i)) != NULL; i++) {
		struct buf text = BUF_INIT(EXPAND_MAX);
		struct err none;
		bool found = place_known(name, strlen(name), &text, &none) == 1;
		int rc = put_name(b, name, found ? buf_text(&text) : NULL, e);

		buf_free(&text);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
script_frames_put_facts(struct buf *b, const struct script_facts *facts, struct err *e)
{
	const char *texts[] = { facts->station, facts->os, facts->application,
		facts->installation };
	size_t fixed = 0;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (frame_put_name(b, texts[i] != NULL ? texts[i] : "", e) == -1)
			return -1;
	while (!facts->names.only_own && place_known_name(fixed) != NULL)
		fixed++;
	if (facts->names.n + fixed > SCRIPT_FRAME_NAMES_MAX ||
	    facts->nprefixes > SCRIPT_FRAME_NAMES_MAX)
		return err_setx(e, ERR_TOO_LARGE, "scripts: over %u names or allowed keys",
		    SCRIPT_FRAME_NAMES_MAX);
	if (wire_put_u64(b, facts->release, e) == -1 ||
	    wire_put_u32(b, (uint32_t)(facts->names.n + fixed), e) == -1)
		return -1;
	for (size_t i = 0; i < facts->names.n; i++)
		if (put_name(b, facts->names.own[i].name, facts->names.own[i].text, e) == -1)
			return -1;
	if ((fixed > 0 && put_fixed_names(b, e) == -1) ||
	    wire_put_u32(b, (uint32_t)facts->nprefixes, e) == -1)
		return -1;
	for (size_t i = 0; i < facts->nprefixes; i++)
		if (frame_put_name(b, facts->prefixes[i], e) == -1)
			return -1;
	return wire_put_u8(b, facts->is_default, e);
}

static int
read_names(struct wire *w, struct script_facts *facts, struct err *e)
{
	struct expand_name *names;
	uint32_t n = wire_u32(w);

	if (w->bad || n > SCRIPT_FRAME_NAMES_MAX)
		return malformed_frame("names", e);
	if ((names = calloc(n + 1, sizeof *names)) == NULL)
		return err_nomem(e);
	facts->names = (struct expand_names){ .own = names, .n = n, .only_own = true };
	for (uint32_t i = 0; i < n; i++) {
		const char *text;
		bool has;

		names[i].name = frame_name(w, EXPAND_MAX);
		has = wire_u8(w) != 0;
		text = frame_name(w, EXPAND_MAX);
		names[i].text = has ? text : NULL;
	}
	return 0;
}

static int
read_prefixes(struct wire *w, struct script_facts *facts, struct err *e)
{
	uint32_t n = wire_u32(w);
	const char **prefixes;

	if (w->bad || n > SCRIPT_FRAME_NAMES_MAX)
		return malformed_frame("prefixes", e);
	if ((prefixes = calloc(n + 1, sizeof *prefixes)) == NULL)
		return err_nomem(e);
	for (uint32_t i = 0; i < n; i++)
		prefixes[i] = frame_name(w, SETTING_KEY_MAX);
	facts->prefixes = prefixes;
	facts->nprefixes = n;
	return 0;
}

int
script_frames_facts(struct wire *w, struct script_facts *facts, struct err *e)
{
	memset(facts, 0, sizeof *facts);
	facts->station = frame_name(w, EXPAND_MAX);
	facts->os = frame_name(w, EXPAND_MAX);
	facts->application = frame_name(w, EXPAND_MAX);
	facts->installation = frame_name(w, EXPAND_MAX);
	facts->release = wire_u64(w);
	if (read_names(w, facts, e) == 0 && read_prefixes(w, facts, e) == 0) {
		facts->is_default = wire_u8(w) != 0;
		if (!w->bad && w->p == w->end)
			return 0;
		malformed_frame("facts", e);
	}
	script_frames_facts_free(facts);
	return -1;
}

void
script_frames_facts_free(struct script_facts *facts)
{
	free((void *)(uintptr_t)facts->names.own);
	free((void *)(uintptr_t)facts->prefixes);
	memset(facts, 0, sizeof *facts);
}

int
script_frames_put_change(struct buf *b, const struct change *c, struct err *e)
{
	if (wire_put_u8(b, (uint8_t)c->op, e) == -1 || frame_put_name(b, c->key, e) == -1)
		return -1;
	if (c->op != CHANGE_DELETE_TREE && frame_put_name(b, c->name, e) == -1)
		return -1;
	return c->op == CHANGE_SET ? script_frames_put_value(b, &c->value, e) : 0;
}

int
script_frames_key(const char *key, struct err *e)
{
	struct buf normal = BUF_INIT(SETTING_KEY_MAX);
	bool same = setting_key_normal(key, strlen(key), &normal, e) == 0 &&
	    strcmp(buf_text(&normal), key) == 0;

	buf_free(&normal);
	return same ? 0 : malformed_frame("key", e);
}

/* c: what the child asks for, with the value of a set. */
static int
check_change(const struct script_facts *facts, const struct change *c, struct err *e)
{
	if (keyguard_touch(facts, c->key, c->op == CHANGE_DELETE_TREE,
		c->op == CHANGE_SET ? c->name : NULL, &c->value, e) == 0)
		return 0;
	e->code = ERR_PROTOCOL;
	return err_context(e, "the script child asked for what it must not");
}

static int
take_change(struct wire *w, const struct script_facts *facts, struct changeset *c, struct err *e)
{
	uint8_t op = wire_u8(w);
	const char *key = frame_name(w, SETTING_KEY_MAX), *name = NULL;
	struct value v = VALUE_INIT;
	int rc = -1;

	if (key == NULL || op > CHANGE_DELETE_TREE)
		return malformed_frame("change", e);
	if (op != CHANGE_DELETE_TREE && (name = frame_name(w, SETTING_NAME_MAX)) == NULL)
		return malformed_frame("name", e);
	if (script_frames_key(key, e) == -1 ||
	    (op == CHANGE_SET && script_frames_value(w, &v, e) == -1))
		return -1;
	if (check_change(facts,
		&(struct change){ .op = (enum change_op)op,
		    .key = (char *)(uintptr_t)key,
		    .name = (char *)(uintptr_t)name,
		    .value = v },
		e) == -1) {
		value_free(&v);
		return -1;
	}
	if (op == CHANGE_SET)
		rc = changeset_set(c, key, name, &v, e);
	else
		rc = op == CHANGE_DELETE ? changeset_delete(c, key, name, e)
					 : changeset_delete_tree(c, key, e);
	value_free(&v);
	return rc;
}

int
script_frames_changes(struct wire *w, const struct script_facts *facts, struct changeset *c,
    size_t *size, struct err *e)
{
	while (w->p < w->end) {
		if (take_change(w, facts, c, e) == -1)
			return -1;
		*size += script_change_size(&c->changes[c->n - 1]);
		if (*size > SCRIPT_CHANGES_MAX)
			return err_setx(e, ERR_PROTOCOL,
			    "the script child sent changes of over %u bytes", SCRIPT_CHANGES_MAX);
	}
	return 0;
}
