#ifndef UPDATER_CMD_H
#define UPDATER_CMD_H

/*
 * The commands of slipway.  argv[0] is the command; the result is the exit status.
 */
#include <getopt.h>

#include "settings/settings.h"
#include "station.h"

#define EXIT_MISUSE	2

int slipway_main(int argc, char **argv);

int cmd_enroll(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_update(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_settings(int argc, char **argv);
int cmd_script(int argc, char **argv);

/* Print how to use the command called name on standard error and return EXIT_MISUSE. */
int cmd_usage(const char *name);

/* Report e as an error of the command and return EXIT_FAILURE. */
int cmd_fail(const struct err *e);

/* Say that a server failed before another was tried: fetch_config's failed(). */
void cmd_server_failed(void *arg, const char *url, const struct err *why);

/* Parse --deadline's text: seconds, into milliseconds.  0, or -1 and a message was logged. */
int cmd_deadline(const char *text, int64_t *ms);

#endif
