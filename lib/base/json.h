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

#endif
