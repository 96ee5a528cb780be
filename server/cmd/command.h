/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_COMMAND_H
#define SERVER_CMD_COMMAND_H

/* The commands of slipway-repo. */
#include "lib/cli/command.h"

extern const struct command cmd_init, cmd_app_add, cmd_publish, cmd_sign, cmd_renew, cmd_key_new,
    cmd_key_import, cmd_key_list, cmd_key_rotate, cmd_key_revoke, cmd_cert_new, cmd_cert_csr,
    cmd_cert_ca, cmd_cert_sign, cmd_cert_revoke, cmd_cert_crl, cmd_cert_show, cmd_cert_list,
    cmd_cert_replace, cmd_cert_status, cmd_cert_check, cmd_serve, cmd_refresh, cmd_status,
    cmd_verify, cmd_gc, cmd_log;

/* The program but for main().  Returns the exit status. */
int server_main(int argc, char **argv);

#endif
