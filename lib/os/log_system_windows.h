/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_LOG_SYSTEM_WINDOWS_H
#define LIB_OS_LOG_SYSTEM_WINDOWS_H

/*
 * The last error or warning that went to the event log, "" when there was none; for the user of a
 * program without a console.
 */
const char *log_system_last(void);

#endif
