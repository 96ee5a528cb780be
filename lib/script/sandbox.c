/* SPDX-License-Identifier: ISC */
/*
 * A Lua state that can compute and nothing else.
 */
#include "lib/script/sandbox.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

/* Instructions between two looks at the budget. */
#define HOOK_STEP 1000

/* Longest result of string.rep, bytes. */
#define REP_MAX (1024 * 1024)

struct sandbox {
	lua_State *L;
	size_t used, most;
	uint64_t left;
	bool spent; /* the instruction budget is */
};

static void *
allocate(void *arg, void *old, size_t osize, size_t nsize)
{
	struct sandbox *b = arg;
	size_t had = old == NULL ? 0 : osize; /* for a new block osize is a type */
	void *p;

	if (nsize == 0) {
		free(old);
		b->used -= had;
		return NULL;
	}
	if (nsize > had && nsize - had > b->most - b->used)
		return NULL;
	if ((p = realloc(old, nsize)) != NULL)
		b->used = b->used - had + nsize;
	return p;
}

static void
on_count(lua_State *L, lua_Debug *ar)
{
	struct sandbox *b;

	lua_getallocf(L, (void **)&b);
	if (b->left > HOOK_STEP) {
		b->left -= HOOK_STEP;
		return;
	}
	b->spent = true;
	lua_getinfo(L, "Sl", ar);
	lua_pushfstring(L, "%s:%d: the instruction budget is used up (an endless loop?)",
	    ar->short_src, ar->currentline);
	lua_error(L);
}

/* tostring() and print-like output without addresses of tables and functions. */
static int
safe_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	switch (lua_type(L, 1)) {
	case LUA_TSTRING:
	case LUA_TNUMBER:
	case LUA_TBOOLEAN:
	case LUA_TNIL:
		luaL_tolstring(L, 1, NULL);
		break;
	default:
		lua_pushstring(L, luaL_typename(L, 1));
	}
	return 1;
}

static int
bounded_rep(lua_State *L)
{
	lua_Integer n = luaL_checkinteger(L, 2);
	size_t len, sep;
	luaL_Buffer b;
	const char *s = luaL_checklstring(L, 1, &len), *between = luaL_optlstring(L, 3, "", &sep);

	if (n > 0 && (n > REP_MAX || (len + sep) > REP_MAX / (size_t)n))
		return luaL_error(L, "string.rep: a result of over %d bytes", REP_MAX);
	luaL_buffinit(L, &b);
	for (lua_Integer i = 0; i < n; i++) {
		luaL_addlstring(&b, s, len);
		if (i + 1 < n)
			luaL_addlstring(&b, between, sep);
	}
	luaL_pushresult(&b);
	return 1;
}

/*
 * Take the named functions of a library's table on top of the stack into a new table, which
 * replaces it.
 */
static void
take(lua_State *L, const char *const *names)
{
	lua_newtable(L);
	for (; *names != NULL; names++) {
		lua_getfield(L, -2, *names);
		lua_setfield(L, -2, *names);
	}
	lua_remove(L, -2);
}

static void
open_allowed(lua_State *L)
{
	static const char *const base[] = { "assert", "error", "ipairs", "next", "pairs", "select",
		"tonumber", "type", NULL };
	static const char *const text[] = { "byte", "char", "len", "lower", "reverse", "sub",
		"upper", NULL };
	static const char *const table[] = { "concat", "insert", "remove", NULL };
	static const char *const math[] = { "abs", "ceil", "floor", "fmod", "max", "min", "modf",
		"tointeger", "type", "ult", NULL };

	/*
	 * The base library writes into the table of globals; what we want of it moves into a new
	 * one.
	 */
	lua_pushcfunction(L, luaopen_base);
	lua_call(L, 0, 1);
	take(L, base);
	lua_pushcfunction(L, safe_tostring);
	lua_setfield(L, -2, "tostring");

	lua_pushcfunction(L, luaopen_string);
	lua_call(L, 0, 1);
	take(L, text);
	lua_pushcfunction(L, bounded_rep);
	lua_setfield(L, -2, "rep");
	/*
	 * ("x"):upper() goes through the metatable of strings: the same allowlist there, and a copy
	 * of its own.
	 */
	lua_pushliteral(L, "");
	lua_newtable(L);
	lua_newtable(L);
	lua_pushnil(L);
	while (lua_next(L, -5) != 0) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_settable(L, -4);
	}
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
	lua_setfield(L, -2, "string");

	lua_pushcfunction(L, luaopen_table);
	lua_call(L, 0, 1);
	take(L, table);
	lua_setfield(L, -2, "table");
	lua_pushcfunction(L, luaopen_math);
	lua_call(L, 0, 1);
	take(L, math);
	lua_setfield(L, -2, "math");

	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "_G");
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

struct run {
	const char *name;
	const uint8_t *source;
	size_t len;
	void (*prepare)(lua_State *, void *);
	void *arg;
};

static int
protected_run(lua_State *L)
{
	struct run *r = lua_touserdata(L, 1);

	open_allowed(L);
	r->prepare(L, r->arg);
	if (luaL_loadbufferx(L, (const char *)r->source, r->len, r->name, "t") != LUA_OK)
		return lua_error(L);
	lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_STEP);
	lua_call(L, 0, 0);
	return 0;
}

struct sandbox *
sandbox_new(size_t memory, uint64_t instructions, struct err *e)
{
	struct sandbox *b = calloc(1, sizeof *b);

	if (b != NULL) {
		b->most = memory;
		b->left = instructions;
		b->L = lua_newstate(allocate, b);
	}
	if (b == NULL || b->L == NULL) {
		free(b);
		err_nomem(e);
		return NULL;
	}
	return b;
}

void
sandbox_free(struct sandbox *b)
{
	if (b == NULL)
		return;
	lua_close(b->L);
	free(b);
}

lua_State *
sandbox_lua(struct sandbox *b)
{
	return b->L;
}

/* What Lua calls the chunk; Lua cuts long names, we don't. */
#define CHUNK "script"

/* The text of an error, with the script's whole name where Lua put its own. */
static int
set_error(struct sandbox *b, const char *name, struct err *e)
{
	enum err_code code = b->spent ? ERR_LIMIT : ERR_SCRIPT;
	const char *text =
	    lua_type(b->L, -1) == LUA_TSTRING ? lua_tostring(b->L, -1) : "error without a text";

	if (strncmp(text, CHUNK ":", sizeof CHUNK) == 0)
		return err_setx(e, code, "%s%s", name, text + sizeof CHUNK - 1);
	return err_setx(e, code, "%s: %s", name, text);
}

int
sandbox_run(struct sandbox *b, const char *name, const uint8_t *source, size_t len,
    void (*prepare)(lua_State *L, void *arg), void *arg, struct err *e)
{
	struct run r = { "@" CHUNK, source, len, prepare, arg };
	int status;

	lua_pushcfunction(b->L, protected_run);
	lua_pushlightuserdata(b->L, &r);
	status = lua_pcall(b->L, 1, 0, 0);
	if (status == LUA_OK)
		return 0;
	if (status == LUA_ERRMEM)
		return err_setx(e, ERR_LIMIT, "%s: the memory limit of %zu bytes is used up", name,
		    b->most);
	return set_error(b, name, e);
}
