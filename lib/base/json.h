/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_JSON_H
#define LIB_BASE_JSON_H

/*
 * Strict reading of JSON from outside, through jansson.
 */
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/err.h"

/* How deep arrays and objects may nest. */
#define JSON_DEPTH_MAX 64

/*
 * Parse exactly one JSON object: UTF-8, no duplicate names, no trailing bytes, at most
 * JSON_DEPTH_MAX deep, integers within 64 bits.  A NUL inside a text survives.  The caller calls
 * json_decref(). NULL with ERR_SYNTAX or ERR_TOO_LARGE otherwise; the text names line and column.
 */
json_t *json_text_parse(const uint8_t *data, size_t len, struct err *e);

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
