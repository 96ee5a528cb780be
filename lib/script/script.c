/*
 * Configuration scripts: the functions and facts that a script sees.
 *
 * Lua errors leave C functions by longjmp, so these hold nothing that must be freed across a call that can raise one.
 */
#include "script/script.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "script/sandbox.h"

/* Slipway's own settings: out of every script's reach, whatever the prefixes say. */
#define OWN_KEY	"HKLM\\SOFTWARE\\Slipway"

struct script {
	const char *name;
	const struct script_facts *facts;
	struct changeset changes;
};

static struct script *
self(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

/* Normalise the key in argument 1 into out and see that it may be touched; raises a Lua error otherwise. */
static void
check_key(lua_State *L, struct script *s, char out[SETTING_KEY_MAX + 1])
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
	ok = false;
	for (size_t i = 0; i < s->facts->nprefixes; i++)
		ok |= setting_key_within(out, s->facts->prefixes[i]);
	if (!ok || setting_key_within(out, OWN_KEY))
		luaL_error(L, "key %s is not allowed: this script may touch what is below %s", out,
		    s->facts->nprefixes > 0 ? s->facts->prefixes[0] : "nothing");
}

static void
raise_if(lua_State *L, bool failed, const struct err *e)
{
	if (failed)
		luaL_error(L, "%s", e->text);
}

static int
make_text(struct script *s, enum value_type type, const char *text, size_t len, struct value *v,
    struct err *e)
{
	struct buf b = BUF_INIT(EXPAND_MAX);
	int rc = expand(text, len, &s->facts->names, &b, e);

	if (rc == 0 && type == VALUE_MULTI) {
		const char *one = buf_text(&b);

		rc = value_multi(v, &one, 1, e);
	} else if (rc == 0) {
		rc = value_text(v, type, buf_text(&b), b.len, e);
	}
	buf_free(&b);
	return rc;
}

/* The value in argument 3, of the type in argument 4 or the one that its Lua type means. */
static int
make_value(lua_State *L, struct script *s, struct value *v, struct err *e)
{
	enum value_type type = lua_isinteger(L, 3) ? VALUE_DWORD : VALUE_STRING;
	const char *name = luaL_optstring(L, 4, NULL);
	size_t len;
	const char *text;

	if (name != NULL && value_type_parse(name, &type) == -1)
		return err_setx(e, ERR_SCRIPT, "type '%.40s': want string, expand, dword, qword, multi or "
					       "binary", name);
	if (type == VALUE_DWORD || type == VALUE_QWORD) {
		if (!lua_isinteger(L, 3) || lua_type(L, 3) != LUA_TNUMBER ||
		    (type == VALUE_DWORD && lua_tointeger(L, 3) < 0))
			return err_setx(e, ERR_SCRIPT, "want a whole number of 0 or more");
		return value_number(v, type, (uint64_t)lua_tointeger(L, 3), e);
	}
	if (lua_type(L, 3) != LUA_TSTRING)
		return err_setx(e, ERR_SCRIPT, "want a text or a whole number, got a %s",
		    luaL_typename(L, 3));
	text = lua_tolstring(L, 3, &len);
	return type == VALUE_BINARY ? value_binary(v, text, len, e) : make_text(s, type, text, len, v, e);
}

static int
script_set(lua_State *L)
{
	struct script *s = self(L);
	char key[SETTING_KEY_MAX + 1];
	const char *name = luaL_checkstring(L, 2);
	struct value v = VALUE_INIT;
	struct err e;
	bool failed;

	check_key(L, s, key);
	failed = make_value(L, s, &v, &e) == -1 || changeset_set(&s->changes, key, name, &v, &e) == -1;
	value_free(&v);
	raise_if(L, failed, &e);
	return 0;
}

static int
script_delete(lua_State *L)
{
	struct script *s = self(L);
	char key[SETTING_KEY_MAX + 1];
	const char *name = luaL_optstring(L, 2, NULL);
	struct err e;

	check_key(L, s, key);
	raise_if(L, (name == NULL ? changeset_delete_tree(&s->changes, key, &e) :
		changeset_delete(&s->changes, key, name, &e)) == -1, &e);
	return 0;
}

static int
script_get(lua_State *L)
{
	struct script *s = self(L);
	char key[SETTING_KEY_MAX + 1];
	const char *name = luaL_checkstring(L, 2);
	struct value v = VALUE_INIT;
	struct err e;
	char *room;
	size_t len;
	int rc = 0;

	check_key(L, s, key);
	/* Memory of Lua's own, taken before there is a value that an error would leave behind. */
	room = lua_newuserdatauv(L, VALUE_SIZE_MAX, 0);
	if (s->facts->get != NULL)
		rc = s->facts->get(s->facts->arg, key, name, &v, &e);
	raise_if(L, rc == -1, &e);
	if (rc == 0) {
		lua_pushnil(L);
	} else if (v.type == VALUE_DWORD || v.type == VALUE_QWORD) {
		lua_pushinteger(L, (lua_Integer)v.number);
	} else {
		memcpy(room, v.data, v.len);
		len = v.len;
		value_free(&v);
		lua_pushlstring(L, room, len);
	}
	value_free(&v);
	return 1;
}

static int
script_log(lua_State *L)
{
	struct script *s = self(L);
	const char *text = luaL_checkstring(L, 1);

	if (s->facts->log != NULL)
		s->facts->log(s->facts->arg, s->name, text);
	return 0;
}

static int
file_exists(lua_State *L)
{
	struct script *s = self(L);
	const char *name = luaL_checkstring(L, 1);
	bool found = false;

	for (size_t i = 0; i < s->facts->nfiles && !found; i++)
		found = strcmp(s->facts->files[i], name) == 0;
	lua_pushboolean(L, found);
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
prepare(lua_State *L, void *arg)
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

int
script_run(const char *name, const uint8_t *source, size_t len, const struct script_facts *facts,
    struct changeset *out, struct err *e)
{
	struct script s = { name, facts, CHANGESET_INIT };
	struct sandbox *b;
	int rc = -1;

	if (len > SCRIPT_SIZE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: over %u bytes", name, SCRIPT_SIZE_MAX);
	if ((b = sandbox_new(SCRIPT_MEMORY_MAX, SCRIPT_INSTRUCTIONS_MAX, e)) != NULL &&
	    sandbox_run(b, name, source, len, prepare, &s, e) == 0)
		rc = changeset_append(out, &s.changes, e);
	sandbox_free(b);
	changeset_free(&s.changes);
	return rc;
}
