/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_JSON_H
#define LIB_BASE_JSON_H

/* Strict reading of JSON from outside, through jansson. */
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/err.h"

/* How deep arrays and objects may nest. */
#define JSON_DEPTH_MAX 64

/*
 * Values and names in one object, bytes of one text or number as it is written, and bytes of memory
 * that the object takes, as counted before any of it is made.  Targets metadata of 100,000 files
 * takes about half.
 */
#define JSON_VALUES_MAX 2000000u
#define JSON_TEXT_MAX	(1024u * 1024)
#define JSON_MEMORY_MAX (256u * 1024 * 1024)

/*
 * As many times more values and memory may a file have that we wrote ourselves: 100,000 files in a
 * journal.
 */
#define JSON_OWN_TIMES 3u

/*
 * Checks the four limits without making anything: a few bytes of JSON can ask for hundreds of bytes
 * of memory.  times: 1 or JSON_OWN_TIMES.  *memory: what JSON of these bytes takes at most.  What
 * isn't JSON is not looked for. 0, or -1 with ERR_TOO_LARGE.
 */
int
json_limits_check(const uint8_t *data, size_t len, unsigned times, size_t *memory, struct err *e);

/*
 * Parse exactly one JSON object: UTF-8, no duplicate names, no trailing bytes, within
 * the four limits, integers within 64 bits.  A NUL inside a text survives.  The caller calls
 * json_decref(). NULL with ERR_SYNTAX or ERR_TOO_LARGE otherwise; the text names line and column.
 */
json_t *json_text_parse(const uint8_t *data, size_t len, struct err *e);

/* The same for a file that only our own programs write: JSON_OWN_TIMES. */
json_t *json_own_parse(const uint8_t *data, size_t len, struct err *e);

/*
 * The text of j, or of a member of an object; NULL where there is none, or one with a NUL inside.
 * Owned by j or the object, both of which may be NULL.
 */
const char *json_text(const json_t *j);
const char *json_text_of(const json_t *object, const char *name);

/*
 * Read a member of an object that is an integer from min to max.  Returns 0 with *n set, or -1
 * with *n unchanged when the member is missing, no integer, or outside.
 */
int json_number_of(const json_t *object, const char *name, int64_t min, int64_t max, int64_t *n);

/*
 * The name of a member that an object has beside names, which end in NULL; NULL when there is no
 * such member.  Owned by the object.
 */
const char *json_only(const json_t *object, const char *const *names);

#endif
