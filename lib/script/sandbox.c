/* SPDX-License-Identifier: ISC */
/* A Lua state that can only compute. */
#include "lib/script/sandbox.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "lib/base/list.h"

/* Instructions between two checks of the budget. */
#define HOOK_STEP 1000

/* Longest result of string.rep, bytes. */
#define REP_MAX (1024 * 1024)

struct sandbox {
	lua_State *L;
	size_t used, most;
	uint64_t left;
	bool spent; /* the instruction budget is */
	bool compiled;
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

/* The part of a library that a script sees: these functions, and one of ours. */
static const struct library {
	const char *name; /* NULL: its functions are globals */
	lua_CFunction open;
	const char *functions[11]; /* ends in NULL */
	const char *own;	   /* or NULL */
	lua_CFunction function;
} libraries[] = {
	{ NULL, luaopen_base,
	    { "assert", "error", "ipairs", "next", "pairs", "select", "tonumber", "type" },
	    "tostring", safe_tostring },
	{ "string", luaopen_string, { "byte", "char", "len", "lower", "reverse", "sub", "upper" },
	    "rep", bounded_rep },
	{ "table", luaopen_table, { "concat", "insert", "remove" }, NULL, NULL },
	{ "math", luaopen_math,
	    { "abs", "ceil", "floor", "fmod", "max", "min", "modf", "tointeger", "type", "ult" },
	    NULL, NULL },
};

/* Push a new table of the allowed functions of a library. */
static void
push_library(lua_State *L, const struct library *l)
{
	lua_pushcfunction(L, l->open);
	lua_call(L, 0, 1);
	lua_newtable(L);
	for (const char *const *name = l->functions; *name != NULL; name++) {
		lua_getfield(L, -2, *name);
		lua_setfield(L, -2, *name);
	}
	lua_remove(L, -2);
	if (l->own != NULL) {
		lua_pushcfunction(L, l->function);
		lua_setfield(L, -2, l->own);
	}
}

/*
 * ("x"):upper() goes through the metatable of strings: it gets the same functions, in a copy of the
 * table on top of the stack.
 */
static void
set_string_methods(lua_State *L)
{
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
}

/* The base library writes into the table of globals, so a new table becomes that of globals. */
static void
open_allowed(lua_State *L)
{
	for (size_t i = 0; i < N(libraries); i++) {
		push_library(L, &libraries[i]);
		if (libraries[i].open == luaopen_string)
			set_string_methods(L);
		if (libraries[i].name != NULL)
			lua_setfield(L, -2, libraries[i].name);
	}
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
	bool compiled;
};

static int
protected_run(lua_State *L)
{
	struct run *r = lua_touserdata(L, 1);

	open_allowed(L);
	r->prepare(L, r->arg);
	if (luaL_loadbufferx(L, (const char *)r->source, r->len, r->name, "t") != LUA_OK)
		return lua_error(L);
	r->compiled = true;
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

/* Lua's name of the chunk.  Lua cuts long names; our messages show them whole. */
#define CHUNK "script"

/* Writes the text of an error, with the script's whole name in place of Lua's. */
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
	struct run r = { "@" CHUNK, source, len, prepare, arg, false };
	int status;

	lua_pushcfunction(b->L, protected_run);
	lua_pushlightuserdata(b->L, &r);
	status = lua_pcall(b->L, 1, 0, 0);
	b->compiled = r.compiled;
	if (status == LUA_OK)
		return 0;
	if (status == LUA_ERRMEM)
		return err_setx(e, ERR_LIMIT, "%s: the memory limit of %zu bytes is used up", name,
		    b->most);
	return set_error(b, name, e);
}

bool
sandbox_compiled(const struct sandbox *b)
{
	return b->compiled;
}
