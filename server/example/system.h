/* SPDX-License-Identifier: ISC */
#ifndef SERVER_EXAMPLE_SYSTEM_H
#define SERVER_EXAMPLE_SYSTEM_H

/*
 * What the examples want of the operating system, besides what the TLS library does: sockets, and a
 * wish to stop. system_posix.c and system_windows.c have it.  A socket is an int on both, as for
 * the library.
 */
#include <stdbool.h>
#include <stddef.h>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#endif

/*
 * Once, first thing in main(): sockets can be used, and a reader of our output that goes away ends
 * nothing, nor does a log that is full.  Standard streams that are closed lead nowhere, so that no
 * connection or file takes their place.
 */
void system_start(void);

/*
 * From now on SIGTERM, SIGINT (on Windows Ctrl-C and the end of the console or session) are wishes
 * to stop; before, they end the program.
 */
void system_catch_stop(void);
bool system_stopping(void);

/*
 * Write to standard error, whole and without waiting: while nobody reads there, nothing is written.
 * Whether it was.
 */
bool system_log(const char *text, size_t len);

/* As poll(); a wish to stop ends it with -1, on Windows only where n is 0. */
int system_poll(struct pollfd *fds, size_t n, int ms);

/*
 * A socket that listens there, and a client of it; neither blocks, and no program that is started
 * inherits them.  -1: system_fault().
 */
int system_listen(const struct addrinfo *where);
int system_accept(int listener);
void system_close(int fd);

/* Whether the last system_accept() failed because this process or system has no room for more. */
bool system_full(void);

/* Calls on the socket don't wait any more. */
void system_unblock(int fd);

/* Why the last of these calls that failed did. */
const char *system_fault(void);

/* This computer's name, "unknown" where it has none. */
void system_host_name(char *out, size_t size);

/* Seconds of a clock that nobody sets. */
long long system_seconds(void);

#endif
