/* SPDX-License-Identifier: ISC */
/*
 * Servers for a test that runs under wine: tests/windows/beside.sh runs the commands, on the Linux
 * side.  A command is the file ask-N in a directory of the script, N from 1; its result is
 * answer-N, with the exit status in the first line.  start, tell, runs and busy are functions of
 * that script.
 */
#include "tests/integration/sshd_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/wide_windows.h"

#define ANSWER_MAX 4096
#define LINE_MAX   2600
#define PAUSE_MS   5
#define ANSWER_MS  60000

static void
die(const char *what)
{
	fprintf(stderr, "the Linux side: %s\n", what);
	exit(1);
}

/* beside.sh has its own limit. */
void
sshd_limit(void)
{
}

static void
send_command(const char *name, const char *command)
{
	char part[300];
	FILE *f;

	snprintf(part, sizeof part, "%s.part", name);
	if ((f = fopen(part, "wb")) == NULL || fprintf(f, "%s\n", command) < 0 || fclose(f) != 0 ||
	    rename(part, name) != 0)
		die(name);
}

bool
side_run(const char *command, char *word, size_t size)
{
	static unsigned number;
	const char *dir = getenv("SLIPWAY_TEST_BESIDE");
	int64_t end = clock_mono_ms() + ANSWER_MS;
	char name[256], text[ANSWER_MAX], *line;
	FILE *f = NULL;
	size_t n;

	if (dir == NULL)
		die("want SLIPWAY_TEST_BESIDE; run this through tests/windows/beside.sh");
	snprintf(name, sizeof name, "%s/ask-%u", dir, ++number);
	send_command(name, command);
	snprintf(name, sizeof name, "%s/answer-%u", dir, number);
	while ((f = fopen(name, "rb")) == NULL && clock_mono_ms() < end)
		clock_sleep_ms(PAUSE_MS);
	if (f == NULL)
		die(name);
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	if ((line = strchr(text, '\n')) == NULL)
		die(name);
	*line++ = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (word != NULL)
		snprintf(word, size, "%s", line);
	return strcmp(text, "0") == 0;
}

const char *
side_file_url(void)
{
	return "file:///Z:";
}

bool
side_shows_links(void)
{
	return false;
}

int
side_start(const char *const argv[], unsigned descriptors)
{
	char line[LINE_MAX], word[32];
	size_t n = (size_t)snprintf(line, sizeof line, "start %u", descriptors);

	for (int i = 0; argv[i] != NULL; i++)
		n += (size_t)snprintf(line + n, sizeof line - n, " '%s'", argv[i]);
	return side_run(line, word, sizeof word) ? atoi(word) : 0;
}

void
side_signal(int pid, enum sshd_signal sig, bool only_below)
{
	static const char
	    *const names[] = { [SSHD_KILL] = "KILL", [SSHD_PAUSE] = "STOP", [SSHD_GO_ON] = "CONT" };
	char line[100];

	snprintf(line, sizeof line, "tell %s %d %s", names[sig], pid, only_below ? "below" : "all");
	if (!side_run(line, NULL, 0))
		die(line);
}

void
side_wait(int pid)
{
	char line[100];

	snprintf(line, sizeof line, "while runs %d; do sleep 0.01; done", pid);
	if (!side_run(line, NULL, 0))
		die(line);
}

bool
side_busy(void)
{
	return side_run("busy", NULL, 0);
}
