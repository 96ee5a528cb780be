/* SPDX-License-Identifier: ISC */
/*
 * Configuration scripts: the functions and facts that a script sees.
 *
 * Lua errors leave C functions by longjmp, so these functions hold nothing that must be freed
 * across a call that can raise one.
 */
#include "lib/script/script.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "lib/base/list.h"
#include "lib/base/text.h"
#include "lib/script/foreign.h"
#include "lib/script/keyguard.h"
#include "lib/script/sandbox.h"

struct script {
	const char *name;
	const struct script_facts *facts;
	struct changeset changes;
	size_t size; /* of the changes, as SCRIPT_CHANGES_MAX counts */
	unsigned calls, lines;
};

static struct script *
script_of(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

/* Returns the text of an argument; refuses a NUL, at which C would end the text. */
static const char *
check_text_arg(lua_State *L, int arg)
{
	size_t len;
	const char *text = luaL_checklstring(L, arg, &len);

	luaL_argcheck(L, strlen(text) == len, arg, "a text with a NUL in it");
	return text;
}

/* Normalise the key in argument 1 into out; raises a Lua error otherwise. */
static void
normal_key(lua_State *L, char out[SETTING_KEY_MAX + 1])
{
	struct buf b = BUF_INIT(SETTING_KEY_MAX);
	struct err e;
	size_t len;
	const char *key = luaL_checklstring(L, 1, &len);
	bool ok = setting_key_normal(key, len, &b, &e) == 0;

	if (ok)
		memcpy(out, buf_text(&b), b.len + 1);
	buf_free(&b);
	if (!ok)
		luaL_error(L, "%s", e.text);
}

static void
raise_if(lua_State *L, bool failed, const struct err *e)
{
	if (failed)
		luaL_error(L, "%s", e->text);
}

/*
 * What a script stores is expanded again by who reads it, as the TLS library does: a '%' in a
 * folder's name is no name for that reader.
 */
static int
expand_stored(const struct script *s, const char *text, size_t len, struct buf *out, struct err *e)
{
	struct expand_names names = s->facts->names;

	names.again = true;
	return expand(text, len, &names, out, e);
}

static int
make_text(struct script *s, enum value_type type, const char *text, size_t len, struct value *v,
    struct err *e)
{
	struct buf b = BUF_INIT(EXPAND_MAX);
	int rc = expand_stored(s, text, len, &b, e);

	if (rc == 0)
		rc = value_text(v, type, buf_text(&b), b.len, e);
	buf_free(&b);
	return rc;
}

/*
 * Expand the i-th text of the table in argument 3 and append it with its NUL; nothing here raises a
 * Lua error.
 */
static int
add_text(lua_State *L, struct script *s, lua_Integer i, struct buf *out, struct err *e)
{
	size_t len, before = out->len;
	const char *text;
	int rc = -1;

	if (lua_rawgeti(L, 3, i) != LUA_TSTRING) {
		err_setx(e, ERR_SCRIPT, "want a table of texts, got a %s in it",
		    luaL_typename(L, -1));
	} else {
		text = lua_tolstring(L, -1, &len);
		rc = expand_stored(s, text, len, out, e);
		if (rc == 0 && out->len > before &&
		    memchr(out->data + before, '\0', out->len - before) != NULL)
			rc = err_setx(e, ERR_SCRIPT, "a text with a NUL in it");
		if (rc == 0)
			rc = buf_addc(out, '\0', e);
	}
	lua_pop(L, 1);
	return rc;
}

/* A multi value from the table of texts in argument 3. */
static int
make_multi(lua_State *L, struct script *s, struct value *v, struct err *e)
{
	struct buf all = BUF_INIT(VALUE_SIZE_MAX);
	size_t n = lua_rawlen(L, 3), i = 0;
	const char **texts = NULL;
	int rc = -1;

	if (n > VALUE_SIZE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "a table of over %u texts", VALUE_SIZE_MAX);
	while (i < n)
		if (add_text(L, s, (lua_Integer)++i, &all, e) == -1)
			goto out;
	if ((texts = calloc(n + 1, sizeof *texts)) == NULL) {
		err_nomem(e);
		goto out;
	}
	for (const char *p = buf_text(&all), **t = texts; t < texts + n; p += strlen(p) + 1)
		*t++ = p;
	rc = value_multi(v, texts, n, e);
out:
	free(texts);
	buf_free(&all);
	return rc;
}

/*
 * The value in argument 3, of the type in argument 4, else of the type that stands for its Lua
 * type.
 */
static int
make_value(lua_State *L, struct script *s, struct value *v, struct err *e)
{
	enum value_type type = lua_isinteger(L, 3) ? VALUE_DWORD
	    : lua_istable(L, 3)			   ? VALUE_MULTI
						   : VALUE_STRING;
	const char *name = luaL_optstring(L, 4, NULL);
	size_t len;
	const char *text;

	if (name != NULL && value_type_parse(name, &type) == -1)
		return err_setx(e, ERR_SCRIPT,
		    "type '%.40s': want string, expand, dword, qword, multi or binary", name);
	if (type == VALUE_DWORD || type == VALUE_QWORD) {
		if (!lua_isinteger(L, 3) || lua_type(L, 3) != LUA_TNUMBER ||
		    lua_tointeger(L, 3) < 0)
			return err_setx(e, ERR_SCRIPT, "want a whole number of 0 or more");
		return value_number(v, type, (uint64_t)lua_tointeger(L, 3), e);
	}
	if (type == VALUE_MULTI)
		return lua_istable(L, 3)
		    ? make_multi(L, s, v, e)
		    : err_setx(e, ERR_SCRIPT, "want a table of texts, got a %s",
			  luaL_typename(L, 3));
	if (lua_type(L, 3) != LUA_TSTRING)
		return err_setx(e, ERR_SCRIPT,
		    "want a text, a whole number or a table of texts, got a %s",
		    luaL_typename(L, 3));
	text = lua_tolstring(L, 3, &len);
	return type == VALUE_BINARY ? value_binary(v, text, len, e)
				    : make_text(s, type, text, len, v, e);
}

size_t
script_change_size(const struct change *c)
{
	return strlen(c->key) + (c->name == NULL ? 0 : strlen(c->name)) + c->value.len;
}

/* Count the change that was just added. */
static void
count_change(lua_State *L, struct script *s)
{
	s->size += script_change_size(&s->changes.changes[s->changes.n - 1]);
	if (s->size > SCRIPT_CHANGES_MAX)
		luaL_error(L, "this script asks for changes of over %d bytes in all",
		    (int)SCRIPT_CHANGES_MAX);
}

static void
count_lua_call(lua_State *L, struct script *s)
{
	if (++s->calls > SCRIPT_CALLS_MAX)
		luaL_error(L, "over %d calls of get() and file.exists()", (int)SCRIPT_CALLS_MAX);
}

static int
script_set(lua_State *L)
{
	struct script *s = script_of(L);
	char key[SETTING_KEY_MAX + 1];
	const char *name = check_text_arg(L, 2);
	struct value v = VALUE_INIT;
	struct err e;
	bool failed;

	normal_key(L, key);
	raise_if(L, keyguard_touch(s->facts, key, false, name, NULL, &e) == -1, &e);
	failed = make_value(L, s, &v, &e) == -1 ||
	    keyguard_touch(s->facts, key, false, name, &v, &e) == -1 ||
	    changeset_set(&s->changes, key, name, &v, &e) == -1;
	value_free(&v);
	raise_if(L, failed, &e);
	count_change(L, s);
	return 0;
}

static int
script_delete(lua_State *L)
{
	struct script *s = script_of(L);
	char key[SETTING_KEY_MAX + 1];
	const char *name = lua_isnoneornil(L, 2) ? NULL : check_text_arg(L, 2);
	struct err e;

	normal_key(L, key);
	/* DefaultApplication is set, not deleted, by scripts that may not touch its key. */
	raise_if(L, keyguard_touch(s->facts, key, name == NULL, NULL, NULL, &e) == -1, &e);
	raise_if(L,
	    (name == NULL ? changeset_delete_tree(&s->changes, key, &e)
			  : changeset_delete(&s->changes, key, name, &e)) == -1,
	    &e);
	count_change(L, s);
	return 0;
}

static int
script_get(lua_State *L)
{
	struct script *s = script_of(L);
	char key[SETTING_KEY_MAX + 1];
	const char *name = check_text_arg(L, 2);
	struct value v = VALUE_INIT;
	struct err e;
	char *room;
	size_t len;
	int rc = 0;

	normal_key(L, key);
	raise_if(L, keyguard_touch(s->facts, key, false, name, NULL, &e) == -1, &e);
	count_lua_call(L, s);
	/* Memory of Lua, allocated before v, because an error of Lua would leak v. */
	room = lua_newuserdatauv(L, VALUE_SIZE_MAX, 0);
	if (s->facts->get != NULL)
		rc = s->facts->get(s->facts->arg, key, name, &v, &e);
	raise_if(L, rc == -1, &e);
	if (rc == 0) {
		lua_pushnil(L);
	} else if (v.type == VALUE_DWORD || v.type == VALUE_QWORD) {
		lua_pushinteger(L, (lua_Integer)v.number);
	} else {
		if (v.len > 0)
			memcpy(room, v.data, v.len);
		len = v.len;
		value_free(&v);
		lua_pushlstring(L, room, len);
	}
	value_free(&v);
	return 1;
}

bool
valid_script_log(const char *text, size_t len)
{
	if (len > SCRIPT_LOG_LINE_MAX || !valid_utf8(text, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

static int
script_log(lua_State *L)
{
	struct script *s = script_of(L);
	struct err e;
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);

	if (!valid_script_log(text, len))
		return luaL_error(L,
		    "log: want at most %d bytes of UTF-8 text without control characters",
		    (int)SCRIPT_LOG_LINE_MAX);
	if (++s->lines > SCRIPT_LOG_MAX)
		return luaL_error(L, "log: over %d lines", (int)SCRIPT_LOG_MAX);
	if (s->facts->log != NULL)
		raise_if(L, s->facts->log(s->facts->arg, s->name, text, &e) == -1, &e);
	return 0;
}

static int
file_exists(lua_State *L)
{
	struct script *s = script_of(L);
	const char *name = check_text_arg(L, 1);
	struct err e;
	int rc = 0;

	count_lua_call(L, s);
	if (s->facts->exists != NULL)
		rc = s->facts->exists(s->facts->arg, name, &e);
	raise_if(L, rc == -1, &e);
	lua_pushboolean(L, rc == 1);
	return 1;
}

static void
add_function(lua_State *L, const char *name, lua_CFunction f, struct script *s)
{
	lua_pushlightuserdata(L, s);
	lua_pushcclosure(L, f, 1);
	lua_setfield(L, -2, name);
}

static void
add_fact(lua_State *L, const char *name, const char *text)
{
	lua_pushstring(L, text == NULL ? "" : text);
	lua_setfield(L, -2, name);
}

static void
add_globals(lua_State *L, void *arg)
{
	struct script *s = arg;

	lua_pushglobaltable(L);
	add_function(L, "set", script_set, s);
	add_function(L, "delete", script_delete, s);
	add_function(L, "get", script_get, s);
	add_function(L, "log", script_log, s);
	lua_newtable(L);
	add_fact(L, "name", s->facts->station);
	add_fact(L, "os", s->facts->os);
	add_fact(L, "application", s->facts->application);
	add_fact(L, "installation", s->facts->installation);
	lua_setfield(L, -2, "station");
	lua_newtable(L);
	lua_pushinteger(L, (lua_Integer)s->facts->release);
	lua_setfield(L, -2, "number");
	lua_setfield(L, -2, "release");
	lua_newtable(L);
	add_function(L, "exists", file_exists, s);
	lua_setfield(L, -2, "file");
	lua_pop(L, 1);
}

/* The commonest mistake in a name of a file: what Lua says of it helps only those who know Lua. */
static void
explain_backslash(struct err *e)
{
	static const char *const marks[] = { "invalid escape sequence", "unfinished string",
		"hexadecimal digit expected", "decimal escape too large",
		"without control characters, got" };
	const struct err what = *e;

	for (size_t i = 0; i < N(marks); i++)
		if (strstr(what.text, marks[i]) != NULL) {
			err_setx(e, what.code, "%s; between quotes a backslash is written twice",
			    what.text);
			return;
		}
}

int
script_run(const char *name, const uint8_t *source, size_t len, const struct script_facts *facts,
    struct changeset *out, struct err *e)
{
	struct script s = { name, facts, CHANGESET_INIT, 0, 0, 0 };
	const void *text = source;
	struct sandbox *b;
	int rc = -1;

	if (len > SCRIPT_SIZE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: over %u bytes", name, SCRIPT_SIZE_MAX);
	if (text_begin(&text, &len, e) == -1) {
		foreign_explain(name, text, len, 1, e);
		return e->code == ERR_SCRIPT ? -1 : err_context(e, "%s", name);
	}
	if ((b = sandbox_new(SCRIPT_MEMORY_MAX, SCRIPT_INSTRUCTIONS_MAX, e)) == NULL)
		return -1;
	if (sandbox_run(b, name, text, len, add_globals, &s, e) == 0)
		rc = changeset_take(out, &s.changes, e);
	else if (e->code == ERR_SCRIPT) {
		explain_backslash(e);
		if (!sandbox_compiled(b))
			foreign_explain(name, text, len, foreign_error_line(name, e), e);
	}
	sandbox_free(b);
	changeset_free(&s.changes);
	return rc;
}
