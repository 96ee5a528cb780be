/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_SETTINGS_STORE_WINDOWS_H
#define TESTS_UNIT_SETTINGS_STORE_WINDOWS_H

/*
 * For tests that look at the registry itself, below what stands for HKLM and HKCU in this process.
 */
#include "lib/os/wide_windows.h"

/* Write raw bytes under any type, making the key; whether a key is there. */
void registry_put(HKEY root, const wchar_t *key, const wchar_t *name, DWORD type, const void *data,
    size_t len);
bool registry_has(HKEY root, const wchar_t *key);

#endif
