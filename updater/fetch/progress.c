/* SPDX-License-Identifier: ISC */
/*
 * How far fetching is.
 */
#include "updater/fetch/progress.h"

#include <inttypes.h>
#include <unistd.h>

#include "lib/os/clock.h"

struct progress
progress_new(bool json)
{
	if (json)
		return (struct progress){ .kind = PROGRESS_JSON, .out = stdout };
	return (struct progress){ .kind = isatty(STDERR_FILENO) ? PROGRESS_LINE : PROGRESS_NONE,
		.out = stderr };
}

/* "912 B", "3.1 MB". */
static void
amount(uint64_t bytes, char out[32])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double n = (double)bytes;
	size_t unit = 0;

	while (n >= 1000 && unit + 1 < sizeof units / sizeof units[0]) {
		n /= 1000;
		unit++;
	}
	snprintf(out, 32, unit == 0 ? "%.0f %s" : "%.1f %s", n, units[unit]);
}

static void
draw(struct progress *p, int64_t now)
{
	uint64_t ms = now > p->begun ? (uint64_t)(now - p->begun) : 1, rate = p->bytes * 1000 / ms;
	char got[32], all[32], speed[32];

	amount(p->bytes, got);
	amount(p->of_bytes, all);
	amount(rate, speed);
	fprintf(p->out, "\r%s: %zu of %zu files, %s of %s, %s/s", p->what, p->files, p->of_files,
	    got, all, speed);
	if (rate > 0 && p->of_bytes > p->bytes)
		fprintf(p->out, ", %" PRIu64 " s left", (p->of_bytes - p->bytes) / rate + 1);
	fputs("\033[K", p->out);
	p->drawn = true;
}

/* The application's name is letters, digits and a few marks, so that it needs no escaping. */
static void
write_json(const struct progress *p)
{
	fprintf(p->out,
	    "{\"application\": \"%s\", \"files\": %zu, \"of_files\": %zu, \"bytes\": %" PRIu64
	    ", \"of_bytes\": %" PRIu64 "}\n",
	    p->what, p->files, p->of_files, p->bytes, p->of_bytes);
}

static void
show(struct progress *p, bool always)
{
	int64_t now;

	if (p == NULL || p->kind == PROGRESS_NONE)
		return;
	now = clock_mono_ms();
	if (!always && now - p->shown < PROGRESS_EVERY_MS)
		return;
	if (p->kind == PROGRESS_JSON)
		write_json(p);
	else if (now - p->begun >= PROGRESS_QUIET_MS)
		draw(p, now);
	else
		return;
	p->shown = now;
	fflush(p->out);
}

void
progress_begin(struct progress *p, const char *what, size_t files, uint64_t bytes)
{
	if (p == NULL)
		return;
	p->what = what;
	p->files = 0;
	p->bytes = 0;
	p->of_files = files;
	p->of_bytes = bytes;
	p->begun = p->shown = clock_mono_ms();
	if (p->kind == PROGRESS_JSON)
		show(p, true);
}

void
progress_bytes(struct progress *p, size_t bytes)
{
	if (p == NULL)
		return;
	p->bytes += bytes;
	show(p, false);
}

void
progress_file(struct progress *p)
{
	if (p == NULL)
		return;
	p->files++;
	show(p, false);
}

void
progress_end(struct progress *p)
{
	if (p == NULL)
		return;
	if (p->kind == PROGRESS_JSON)
		show(p, true);
	if (p->drawn)
		fputs("\r\033[K", p->out);
	p->drawn = false;
}
