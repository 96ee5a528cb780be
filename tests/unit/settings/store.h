/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_SETTINGS_STORE_H
#define TESTS_UNIT_SETTINGS_STORE_H

/*
 * A separate settings store for each test: two key files, or a part of the registry in the place of
 * HKLM and HKCU.
 */
#include "lib/settings/settings.h"

/* Setup and teardown for cmocka; *state is the store. */
int store_make(void **state);
int store_remove(void **state);

/*
 * Sets HKLM to the contents of a key file; asserts that HKLM has exactly these settings (comments
 * and order aren't compared on every platform).
 */
void store_write(const char *text);
void store_want(const char *text);

/* Appends "set key name = text" (the text form of a value). */
void add_set(struct changeset *c, const char *key, const char *name, const char *text);

/* The first line of a key file that the store makes. */
#define STORE_FORMAT "# Settings of Slipway, format 1\n"

/* Key files only: a path in the store's directory, and the content of a file. */
const char *store_path(const char *name);
void write_text(const char *path, const char *text);
void want_text(const char *path, const char *text);

#endif
