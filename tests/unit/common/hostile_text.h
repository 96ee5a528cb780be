/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_COMMON_HOSTILE_TEXT_H
#define TESTS_UNIT_COMMON_HOSTILE_TEXT_H

/*
 * Texts from outside, and the safe texts that people may see.
 */
static const struct hostile_text {
	const char *name, *text, *safe;
} hostile_texts[] = {
	{ "plain", "a\xc5\xbe \xf0\x9f\x98\x80 \\n", "a\xc5\xbe \xf0\x9f\x98\x80 \\n" },
	{ "newline", "a\nb", "a\\x0ab" },
	{ "carriage return", "a\rb", "a\\x0db" },
	{ "tab", "a\tb", "a\\x09b" },
	{ "escape", "\x1b[31m", "\\x1b[31m" },
	{ "delete", "\x7f", "\\x7f" },
	{ "C1: CSI",
	    "\xc2\x9b"
	    "31m",
	    "\\u{9b}31m" },
	{ "C1: next line", "\xc2\x85", "\\u{85}" },
	{ "C1: as a byte",
	    "\x9b"
	    "31m",
	    "\\x9b31m" },
	{ "right-to-left override",
	    "\xe2\x80\xae"
	    "exe.txt",
	    "\\u{202e}exe.txt" },
	{ "isolate", "\xe2\x81\xa6\xe2\x81\xa9", "\\u{2066}\\u{2069}" },
	{ "marks", "\xe2\x80\x8f\xd8\x9c", "\\u{200f}\\u{61c}" },
	{ "line separator", "\xe2\x80\xa8", "\\u{2028}" },
	{ "byte order mark", "\xef\xbb\xbf", "\\u{feff}" },
	{ "tag", "\xf3\xa0\x81\x81", "\\u{e0041}" },
	{ "overlong NUL", "\xc0\x80", "\\xc0\\x80" },
	{ "surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	{ "cut in two", "a\xc5", "a\\xc5" },
	{ "cut in three", "a\xe2\x82", "a\\xe2\\x82" },
	{ "cut in the middle", "a\xe2\x82 b", "a\\xe2\\x82 b" },
	{ "Latin-1", "Gr\xfc\xdf", "Gr\\xfc\\xdf" },
};

#endif
