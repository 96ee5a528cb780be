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

/* Asserts that the call returned want, and prints the error if it did not. */
#define assert_is(call, want, e) \
	do { \
		int got_ = (int)(call); \
\
		if (got_ != (want)) { \
			print_error("%s: want %d, got %d%s%s\n", #call, (want), got_, \
			    got_ == -1 ? ": " : "", got_ == -1 ? (e)->text : ""); \
			fail(); \
		} \
	} while (0)

/* Asserts that the call succeeded with 0.  Where 0 means "nothing is there": assert_is(call, 1, e). */
#define assert_ok(call, e) assert_is(call, 0, e)

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
