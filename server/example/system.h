/* SPDX-License-Identifier: ISC */
#ifndef SERVER_EXAMPLE_SYSTEM_H
#define SERVER_EXAMPLE_SYSTEM_H

/*
 * The operating system for the examples, besides the TLS library: sockets, and requests to stop.
 * system_posix.c and system_windows.c implement it.  A socket is an int on both, as for the
 * library.
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
 * Call it once, first in main().  It prepares sockets, and makes a closed pipe or a full log of our
 * output an error instead of the end of the program.  It opens closed standard streams to nowhere,
 * so that no connection or file takes their numbers.
 */
void system_start(void);

/*
 * Makes SIGTERM and SIGINT (on Windows Ctrl-C and the end of the console or session) requests to
 * stop; before, they end the program.
 */
void system_catch_stop(void);
bool system_stopping(void);

/*
 * Writes all of the text to standard error without waiting, or nothing while nobody reads there.
 * Returns whether the text was written.
 */
bool system_log(const char *text, size_t len);

/* As poll(); a request to stop ends it with -1, on Windows only where n is 0. */
int system_poll(struct pollfd *fds, size_t n, int ms);

/*
 * Return a listening socket and the socket of one of its clients, or -1: see system_fault().  The
 * sockets don't block, and child processes don't inherit them.
 */
int system_listen(const struct addrinfo *where);
int system_accept(int listener);
void system_close(int fd);

/* Whether the last system_accept() failed because this process or system has no room for more. */
bool system_full(void);

/* Makes the socket non-blocking. */
void system_unblock(int fd);

/* Returns the reason of the last failure of these functions. */
const char *system_fault(void);

/* Returns this computer's name, or "unknown". */
void system_host_name(char *out, size_t size);

/* Returns seconds of a monotonic clock. */
long long system_seconds(void);

#endif
