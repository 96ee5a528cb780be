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
 * The text that j, or the member of an object, is: NULL where it is missing, no text, or a text
 * with a NUL inside.  Owned by j or the object, both of which may be NULL.
 */
const char *json_text(const json_t *j);
const char *json_text_of(const json_t *object, const char *name);

/*
 * The integer from min to max that the member of an object is.  Returns 0 with *n set, or -1 with
 * *n unchanged where it is missing, no integer, or outside.
 */
int json_number_of(const json_t *object, const char *name, int64_t min, int64_t max, int64_t *n);

/*
 * The name of a member that an object has beside names, which end in NULL; NULL when there is no
 * such member.  Owned by the object.
 */
const char *json_only(const json_t *object, const char *const *names);

#endif
