/* SPDX-License-Identifier: ISC */
/* What completion scripts consist of besides the tables. */
#include "lib/cli/completion.h"

#include <stddef.h>

/* bash and zsh write their tables alike. */
#define SH_TABLE \
	"# _~_table COMMAND: the words and options that may follow.\n" \
	"_~_table() {\n" \
	"\tnext='' names='' takes='' args=nothing\n" \
	"\tcase $1 in\n"
#define SH_VALUES \
	"}\n" \
	"\n" \
	"# _~_value 'COMMAND OPTION': the values that an option may have.\n" \
	"_~_value() {\n" \
	"\tcase $1 in\n"
#define SH_FORMS \
	.label = "\t'", .any = "\t*'", .label_end = "')\n", .set = "\t\t", .to = "='", \
	.set_end = "'\n", .append = "\t", .append_to = "+='", .close = "\t\t;;\n", \
	.chosen = "\tesac\n"

/* How the script for bash reads a line. */
static const char bash_reader[] =
    "}\n\n"
    "_~() {\n"
    "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "\tlocal path='' help='' next names takes args values='' i w\n"
    "\tCOMPREPLY=()\n"
    "\t# bash splits words at '='.\n"
    "\t[ \"$word\" != = ] || word=''\n"
    "\t[ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "\t_~_table ''\n"
    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
    "\t\tw=${COMP_WORDS[i]}\n"
    "\t\tcase $w in\n"
    "\t\t--) return ;;\n"
    "\t\t-*)\n"
    "\t\t\t[[ \" $takes \" == *\" $w \"* ]] || continue\n"
    "\t\t\ti=$((i + 1))\n"
    "\t\t\t[ \"${COMP_WORDS[i]}\" != = ] || i=$((i + 1))\n"
    "\t\t\t;;\n"
    "\t\t*)\n"
    "\t\t\tif [ \"$path$help$w\" = help ]; then\n"
    "\t\t\t\thelp=1\n"
    "\t\t\telif [ -n \"$next\" ]; then\n"
    "\t\t\t\t[[ \" $next \" == *\" $w \"* ]] || return 0\n"
    "\t\t\t\tpath+=${path:+ }$w\n"
    "\t\t\t\t_~_table \"$path\"\n"
    "\t\t\telif [ \"$args\" = program ]; then\n"
    "\t\t\t\treturn\n"
    "\t\t\tfi\n"
    "\t\t\t;;\n"
    "\t\tesac\n"
    "\tdone\n"
    "\tif [[ $before == -* && \" $takes \" == *\" $before \"* ]]; then\n"
    "\t\targs=nothing\n"
    "\t\t_~_value \"$path $before\"\n"
    "\telif [[ $word == -* ]]; then\n"
    "\t\tvalues=$names args=files\n"
    "\telif [ -n \"$next\" ]; then\n"
    "\t\tvalues=$next args=nothing\n"
    "\telif [ -n \"$help\" ]; then\n"
    "\t\targs=nothing\n"
    "\tfi\n"
    "\tcase $args in\n"
    "\tdirectories) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
    "\tprogram | commands) mapfile -t COMPREPLY < <(compgen -c -- \"$word\") ;;\n"
    "\t*) mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$word\") ;;\n"
    "\tesac\n"
    "\t# Files are the shell's own.\n"
    "\t[ \"$args\" != nothing ] || compopt +o default 2>/dev/null || :\n"
    "}\n\n"
    "complete -o default -F _~ @\n";

static const char zsh_reader[] =
    "}\n\n"
    "_~() {\n"
    "\tlocal cur=${words[CURRENT]} where='' help='' next names takes args values='' before i w\n"
    "\t_~_table ''\n"
    "\tfor ((i = 2; i < CURRENT; i++)); do\n"
    "\t\tw=${words[i]}\n"
    "\t\tcase $w in\n"
    "\t\t--) _files; return ;;\n"
    "\t\t-*) [[ \" $takes \" != *\" $w \"* ]] || ((i += 1)) ;;\n"
    "\t\t*)\n"
    "\t\t\tif [[ $where$help$w = help ]]; then\n"
    "\t\t\t\thelp=1\n"
    "\t\t\telif [[ -n $next ]]; then\n"
    "\t\t\t\t[[ \" $next \" = *\" $w \"* ]] || return 1\n"
    "\t\t\t\twhere+=${where:+ }$w\n"
    "\t\t\t\t_~_table \"$where\"\n"
    "\t\t\telif [[ $args = program ]]; then\n"
    "\t\t\t\t_files\n"
    "\t\t\t\treturn\n"
    "\t\t\tfi\n"
    "\t\t\t;;\n"
    "\t\tesac\n"
    "\tdone\n"
    "\tbefore=${words[CURRENT-1]}\n"
    "\tif [[ $cur = --*=* ]]; then\n"
    "\t\tbefore=${cur%%=*}\n"
    "\t\tcompset -P '*='\n"
    "\telif ((i > CURRENT)); then\n"
    "\t\t: # the value of the option before\n"
    "\telif [[ $cur = -* ]]; then\n"
    "\t\tbefore='' values=$names args=files\n"
    "\telif [[ -n $next ]]; then\n"
    "\t\tbefore='' values=$next args=nothing\n"
    "\telif [[ -n $help ]]; then\n"
    "\t\tbefore='' args=nothing\n"
    "\telse\n"
    "\t\tbefore=''\n"
    "\tfi\n"
    "\tif [[ -n $before ]]; then\n"
    "\t\t[[ \" $takes \" = *\" $before \"* ]] || return 1\n"
    "\t\targs=nothing\n"
    "\t\t_~_value \"$where $before\"\n"
    "\tfi\n"
    "\tif [[ -n ${values// /} ]]; then\n"
    "\t\tcompadd -- ${=values}\n"
    "\t\treturn\n"
    "\tfi\n"
    "\tcase $args in\n"
    "\tdirectories) _files -/ ;;\n"
    "\tprogram | commands) _command_names -e ;;\n"
    "\tfiles) _files ;;\n"
    "\t*) return 1 ;;\n"
    "\tesac\n"
    "}\n"
    "\n"
    "if [ \"${funcstack[1]:-}\" = \"_@\" ]; then\n"
    "\t_~ \"$@\"\n"
    "else\n"
    "\tcompdef _~ @\n"
    "fi\n";

static const char fish_begin[] = "# fish completion for @; printed by '@ --completion fish'\n"
				 "\n"
				 "# The words and options that may follow a command.\n"
				 "function __~_table -S\n"
				 "\tset next\n"
				 "\tset names\n"
				 "\tset takes\n"
				 "\tset args nothing\n"
				 "\tswitch \"$argv[1]\"\n";

static const char fish_values[] = "end\n"
				  "\n"
				  "# The values that an option of a command may have.\n"
				  "function __~_value -S\n"
				  "\tswitch \"$argv[1]\"\n";

static const char fish_reader[] =
    "end\n\n"
    "function __~_complete\n"
    "\tset -l words (commandline -opc)\n"
    "\tset -l cur (commandline -ct)\n"
    "\tset -l where ''\n"
    "\tset -l help ''\n"
    "\tset -l value ''\n"
    "\tset -l prefix ''\n"
    "\tset -l next\n"
    "\tset -l names\n"
    "\tset -l takes\n"
    "\tset -l args\n"
    "\tset -l values\n"
    "\t__~_table ''\n"
    "\tfor w in $words[2..]\n"
    "\t\tif test -n \"$value\"\n"
    "\t\t\tset value ''\n"
    "\t\telse if test \"$w\" = --\n"
    "\t\t\t__fish_complete_path \"$cur\"\n"
    "\t\t\treturn\n"
    "\t\telse if string match -q -- '-*' \"$w\"\n"
    "\t\t\tcontains -- \"$w\" $takes; and set value \"$w\"\n"
    "\t\telse if test \"$where$help$w\" = help\n"
    "\t\t\tset help 1\n"
    "\t\telse if test -n \"$next\"\n"
    "\t\t\tcontains -- \"$w\" $next; or return\n"
    "\t\t\tset where (string trim -- \"$where $w\")\n"
    "\t\t\t__~_table \"$where\"\n"
    "\t\telse if test \"$args\" = program\n"
    "\t\t\t__fish_complete_path \"$cur\"\n"
    "\t\t\treturn\n"
    "\t\tend\n"
    "\tend\n"
    "\tif test -z \"$value\"; and string match -q -- '--*=*' \"$cur\"\n"
    "\t\tset value (string replace -r -- '=.*' '' \"$cur\")\n"
    "\t\tcontains -- \"$value\" $takes; or return\n"
    "\t\tset prefix \"$value=\"\n"
    "\t\tset cur (string replace -r -- '^[^=]*=' '' \"$cur\")\n"
    "\tend\n"
    "\tif test -n \"$value\"\n"
    "\t\tset args nothing\n"
    "\t\t__~_value \"$where $value\"\n"
    "\telse if string match -q -- '-*' \"$cur\"\n"
    "\t\tset values $names\n"
    "\telse if test -n \"$next\"\n"
    "\t\tset values $next\n"
    "\telse if test -n \"$help\"\n"
    "\t\tset args nothing\n"
    "\tend\n"
    "\tif test -n \"$values\"\n"
    "\t\tprintf '%s\\n' $prefix$values\n"
    "\t\treturn\n"
    "\tend\n"
    "\tswitch \"$args\"\n"
    "\t\tcase directories\n"
    "\t\t\tset values (__fish_complete_directories \"$cur\" '')\n"
    "\t\tcase program commands\n"
    "\t\t\tset values (__fish_complete_command)\n"
    "\t\tcase files\n"
    "\t\t\tset values (__fish_complete_path \"$cur\")\n"
    "\tend\n"
    "\ttest -z \"$values\"; or printf '%s\\n' $prefix$values\n"
    "end\n"
    "\n"
    "complete -c @ -f -a '(__~_complete)'\n";

const struct completion_shell completion_shells[] = {
	{ .name = "bash",
	    .begin = "# bash completion for @; printed by '@ --completion bash'\n"
		     "# shellcheck shell=bash\n\n" SH_TABLE,
	    .values = SH_VALUES,
	    .reader = bash_reader,
	    SH_FORMS },
	{ .name = "zsh",
	    .begin = "#compdef @\n"
		     "# zsh completion for @; printed by '@ --completion zsh'\n\n" SH_TABLE,
	    .values = SH_VALUES,
	    .reader = zsh_reader,
	    SH_FORMS },
	{ .name = "fish",
	    .begin = fish_begin,
	    .label = "\tcase '",
	    .any = "\tcase '*",
	    .label_end = "'\n",
	    .set = "\t\tset ",
	    .to = " ",
	    .set_end = "\n",
	    .append = "\tset -a ",
	    .append_to = " ",
	    .close = "",
	    .chosen = "\tend\n",
	    .values = fish_values,
	    .reader = fish_reader },
	{ .name = NULL },
};
