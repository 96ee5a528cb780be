/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_LOG_SYSTEM_WINDOWS_H
#define LIB_OS_LOG_SYSTEM_WINDOWS_H

/*
 * The last error or warning that was logged, "" when there was none; main_windows.c shows it to the
 * user of a program without a console.
 */
const char *log_system_last(void);

#endif
