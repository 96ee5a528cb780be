/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_COMMON_TEST_H
#define TESTS_UNIT_COMMON_TEST_H

/*
 * What every unit test includes: cmocka, and tables as one named test a row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/list.h"

/* Asserts that the call succeeded, and prints the error if it did not. */
#define assert_ok(call, e) \
	do { \
		if ((call) == -1) { \
			print_error("%s: %s\n", #call, (e)->text); \
			fail(); \
		} \
	} while (0)

/* Asserts that the call failed with this code. */
#define assert_err(call, want, e) \
	do { \
		err_clear(e); \
		assert_int_equal((call), -1); \
		if ((e)->code != (want)) { \
			print_error("%s: want %s, got %s (%s)\n", #call, err_name(want), \
			    err_name((e)->code), (e)->text); \
			fail(); \
		} \
	} while (0)

/* Run one test a row: rows is an array of structs (const or not) with a member name. */
#define TEST_ROWS(tests, n, rows, func) \
	for (size_t i_ = 0; i_ < N(rows); i_++) \
		(tests)[(n)++] = (struct CMUnitTest) \
		{ \
			.name = (rows)[i_].name, .test_func = (func), \
			.initial_state = (void *)(uintptr_t) & (rows)[i_] \
		}

#endif
