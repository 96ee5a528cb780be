/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_SETTINGS_STORE_WINDOWS_H
#define TESTS_UNIT_SETTINGS_STORE_WINDOWS_H

/*
 * For tests that read the registry itself, below the keys that replace HKLM and HKCU in this
 * process.
 */
#include "lib/os/wide_windows.h"

/* Write raw bytes of any type, and make the key; return whether a key exists. */
void registry_put(HKEY root, const wchar_t *key, const wchar_t *name, DWORD type, const void *data,
    size_t len);
bool registry_has(HKEY root, const wchar_t *key);

#endif
