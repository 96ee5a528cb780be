/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_NUMBER_H
#define LIB_BASE_NUMBER_H

/* Numbers as text. */
#include <stddef.h>
#include <stdint.h>

/*
 * Read len bytes at text as decimal digits alone: no sign, blank or point; leading zeros are
 * allowed.  Returns 0 with *n set, or -1 with *n unchanged when text is no number or the number
 * lies outside min to max.
 */
int number_parse(const char *text, size_t len, uint64_t min, uint64_t max, uint64_t *n);

/* Write a number of bytes for people: "912 B", "3.1 MB". */
#define NUMBER_AMOUNT_SIZE 32
void number_amount(uint64_t bytes, char out[NUMBER_AMOUNT_SIZE]);

#endif
