/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_SANDBOX_H
#define LIB_SCRIPT_SANDBOX_H

/*
 * A Lua 5.4 state that can only compute.
 *
 * Built by allowlist: no library is opened whole.  There is no pcall, setmetatable, load,
 * coroutine, os, io, debug, collectgarbage, no pattern matching and no string.format, so that
 * nothing outlives the instruction budget: the count hook raises an error, and nothing in a script
 * can catch it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "lib/base/err.h"

struct sandbox;

/* memory: bytes; instructions: of the Lua machine.  NULL with ERR_NOMEM. */
struct sandbox *sandbox_new(size_t memory, uint64_t instructions, struct err *e);
void sandbox_free(struct sandbox *b);

/*
 * Run a text chunk.  prepare(L, arg) is called first, protected, to register what the script may
 * use.  0, or -1 with ERR_SCRIPT (the text has file and line) or ERR_LIMIT (memory or
 * instructions).
 */
int sandbox_run(struct sandbox *b, const char *name, const uint8_t *source, size_t len,
    void (*prepare)(lua_State *L, void *arg), void *arg, struct err *e);

/* Whether the last chunk that was run is Lua: an error was one of running it. */
bool sandbox_compiled(const struct sandbox *b);

#endif
