/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_SCRIPT_H
#define LIB_SCRIPT_SCRIPT_H

/*
 * Configuration scripts: Lua in, change set out.  Scripts compute, C applies.
 *
 * A script sees an allowlist of Lua 5.4 (no files, processes, network, clock, bytecode, pcall,
 * setmetatable, load, debug) and the functions and facts of docs/scripts.md.  %NAME% in the texts
 * that it sets is expanded when it runs; "%%" is a literal '%'.
 *
 * Programs use runner.h, which runs scripts in a child process.
 */

#include "lib/settings/changeset.h"
#include "lib/settings/expand.h"

/* Limits of one script. */
#define SCRIPT_SIZE_MAX	  (1024u * 1024)      /* bytes of source */
#define SCRIPT_NAME_MAX	  512u		      /* bytes of its name */
#define SCRIPT_MEMORY_MAX (32u * 1024 * 1024) /* bytes of Lua memory */
#ifndef SCRIPT_INSTRUCTIONS_MAX		      /* fuzzers are built with less */
#define SCRIPT_INSTRUCTIONS_MAX 50000000ull   /* Lua VM instructions */
#endif
#ifndef SCRIPT_TIME_MAX_MS	/* sanitizers are slow and get more */
#define SCRIPT_TIME_MAX_MS 5000 /* wall time */
#endif
/* bytes of all keys, names and data that it sets */
#define SCRIPT_CHANGES_MAX  (4u * 1024 * 1024)
#define SCRIPT_CALLS_MAX    10000u /* calls of get() and file.exists() */
#define SCRIPT_LOG_MAX	    1000u  /* lines */
#define SCRIPT_LOG_LINE_MAX 1000u  /* bytes of one */

struct script_facts {
	const char *station, *os, *application, *installation;
	uint64_t release; /* number of the release that is being applied */
	struct expand_names names;
	const char *const *prefixes; /* normalised keys that the script may touch */
	size_t nprefixes;
	/* besides, DefaultApplication of the installation may be read and be set to application */
	bool is_default;
	/* get(): read a setting, as settings_get() does.  NULL: get() finds nothing. */
	int (*get)(void *arg, const char *key, const char *name, struct value *v, struct err *e);
	/*
	 * file.exists(): whether "app/x" is a target of this release.  1, 0, or -1.  NULL: nothing
	 * is.
	 */
	int (*exists)(void *arg, const char *target, struct err *e);
	/*
	 * log(): a line that the script wrote, UTF-8 without control characters.  0 or -1.  NULL:
	 * the line is dropped.
	 */
	int (*log)(void *arg, const char *script, const char *text, struct err *e);
	void *arg;
};

/*
 * Run one script in this process.  name is for messages ("scripts/machine/10-tls.lua").  Its
 * changes are appended to out; on failure out is unchanged.  0, or -1 with ERR_SCRIPT (syntax or
 * run-time error, a key that is not allowed, a lone '%': the text has file and line), ERR_LIMIT
 * (memory, instructions), ERR_TOO_LARGE or ERR_NOMEM.
 */
int script_run(const char *name, const uint8_t *source, size_t len,
    const struct script_facts *facts, struct changeset *out, struct err *e);

/*
 * Whether a line may go to log(): valid UTF-8, no control characters, at most SCRIPT_LOG_LINE_MAX
 * bytes.
 */
bool valid_script_log(const char *text, size_t len);

/* The size of a change, as SCRIPT_CHANGES_MAX counts it, in bytes. */
size_t script_change_size(const struct change *c);

#endif
