#ifndef SETTINGS_REGISTRY_WINDOWS_H
#define SETTINGS_REGISTRY_WINDOWS_H

/*
 * The Windows registry through its wide API, in the 64-bit view, one key or value at a time.
 *
 * Keys are normalised (setting_key_normal()).  Errors name the key.  A value that struct value can't hold (another type, half a
 * surrogate pair, a NUL inside of a text) is ERR_SYNTAX, never "not there": what can't be read can't be brought back either.
 */
#include "base/windows.h"
#include "settings/value.h"

/* Open a key.  1 with *out, which is closed with RegCloseKey(); 0 where there is none; -1. */
int registry_open(const char *key, REGSAM access, HKEY *out, struct err *e);

/* As settings_get(). */
int registry_get(const char *key, const char *name, struct value *v, struct err *e);

/* Call value() for each value with a name, and subkey() for each key directly below; either may be NULL.  1, 0 no such key, -1. */
struct registry_walk {
	int (*value)(void *arg, const char *name, const struct value *v, struct err *e);
	int (*subkey)(void *arg, const char *subkey, struct err *e);
	void *arg;
};
int registry_list(const char *key, const struct registry_walk *walk, struct err *e);

/* Set a value, its key made where there is none.  0 or -1. */
int registry_set(const char *key, const char *name, const struct value *v, struct err *e);

/* Delete a value, or a key with all below it; absent is no error.  0 or -1. */
int registry_delete(const char *key, const char *name, struct err *e);
int registry_delete_tree(const char *key, struct err *e);

/* Put on the disk what was written to a key, or to where it was.  0 or -1. */
int registry_flush(const char *key, struct err *e);

#endif
