/* SPDX-License-Identifier: ISC */
/* Progress on a terminal and as JSON. */
#include "updater/cmd/progress.h"

#include <inttypes.h>
#include <unistd.h>

#include "lib/base/number.h"
#include "lib/os/clock.h"
#include "lib/os/output.h"
#include "updater/cmd/window.h"

void
progress_line(const struct progress *p, uint64_t ms, char line[PROGRESS_LINE_SIZE])
{
	uint64_t rate = p->bytes * 1000 / (ms > 0 ? ms : 1);
	char got[NUMBER_AMOUNT_SIZE], all[NUMBER_AMOUNT_SIZE], speed[NUMBER_AMOUNT_SIZE],
	    rest[64] = "";

	number_amount(p->bytes, got);
	number_amount(p->of_bytes, all);
	number_amount(rate, speed);
	if (rate > 0 && p->of_bytes > p->bytes)
		snprintf(rest, sizeof rest, ", %" PRIu64 " s left",
		    (p->of_bytes - p->bytes) / rate + 1);
	snprintf(line, PROGRESS_LINE_SIZE, "%.200s: %zu of %zu files, %s of %s, %s/s%s", p->what,
	    p->files, p->of_files, got, all, speed, rest);
}

size_t
progress_rewrite(const char *line, char text[PROGRESS_LINE_SIZE])
{
	const int room = PROGRESS_LINE_SIZE - (int)sizeof OUTPUT_REWRITE OUTPUT_REWRITE_END;

	return (size_t)snprintf(text, PROGRESS_LINE_SIZE, OUTPUT_REWRITE "%.*s" OUTPUT_REWRITE_END,
	    room, line);
}

static void
draw(struct progress_view *v, int64_t now)
{
	char line[PROGRESS_LINE_SIZE], text[PROGRESS_LINE_SIZE];

	progress_line(&v->progress, now > v->begun ? (uint64_t)(now - v->begun) : 1, line);
	if (v->window) {
		window_say(line);
		return;
	}
	output_write(OUTPUT_STDERR, text, progress_rewrite(line, text));
	v->drawn = true;
}

/* The application's name is letters, digits and a few marks, so that it needs no escaping. */
static void
write_json(const struct progress *p)
{
	char line[512];
	int n = snprintf(line, sizeof line,
	    "{\"application\": \"%.200s\", \"files\": %zu, \"of_files\": %zu, \"bytes\": %" PRIu64
	    ", \"of_bytes\": %" PRIu64 "}\n",
	    p->what, p->files, p->of_files, p->bytes, p->of_bytes);

	output_write(OUTPUT_STDOUT, line, (size_t)n);
}

static void
show_progress(struct progress *p, enum progress_step step)
{
	static const char erase[] = "\r\033[K";
	struct progress_view *v = (struct progress_view *)p;
	int64_t now = clock_mono_ms();

	if (step == PROGRESS_BEGIN)
		v->begun = v->shown = now;
	if (step == PROGRESS_END && v->window)
		window_say("Slipway puts the release in place ...");
	if (step == PROGRESS_END && v->drawn) {
		output_write(OUTPUT_STDERR, erase, sizeof erase - 1);
		v->drawn = false;
	}
	/* JSON has both ends; the terminal's line comes late, so that short fetching shows none. */
	if (v->json ? step == PROGRESS_GO_ON && now - v->shown < PROGRESS_EVERY_MS
		    : step != PROGRESS_GO_ON || now - v->shown < PROGRESS_EVERY_MS ||
		    now - v->begun < PROGRESS_QUIET_MS)
		return;
	v->shown = now;
	if (v->json)
		write_json(p);
	else
		draw(v, now);
}

struct progress *
progress_view_start(struct progress_view *v, bool json)
{
	*v = (struct progress_view){ .progress.show = show_progress,
		.json = json,
		.window = !json && window_is_begun() };
	return json || v->window || isatty(STDERR_FILENO) ? &v->progress : NULL;
}
