/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The daemon's command line: what to read, what to do with it, and the exit
 * status. Everything else is in the libraries; see evinetd(8).
 */
#include "explain.h"

#include <evinetd/config/config.h>
#include <evinetd/core/pid_file.h>
#include <evinetd/core/supervisor.h>
#include <evinetd/launch/cgroup.h>
#include <evinetd/net/passed.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define EVINETD_EXIT_USAGE 2

enum evinetd_action {
	EVINETD_SERVE,
	EVINETD_CHECK,
	EVINETD_DUMP,
	EVINETD_EXPLAIN,
};

struct evinetd_options {
	enum evinetd_action action;
	const char *path;   /* -c; NULL: the default file, or ad hoc */
	bool log_level_set; /* stronger than the key */
	enum log_level log_level;
	const char *explain;	   /* the peer, with EVINETD_EXPLAIN */
	struct config_adhoc adhoc; /* words: without --listen, a service */
};

enum evinetd_option {
	EVINETD_OPTION_CHECK = 256,
	EVINETD_OPTION_DUMP,
	EVINETD_OPTION_EXPLAIN,
	EVINETD_OPTION_LISTEN,
	EVINETD_OPTION_SET,
	EVINETD_OPTION_LOG_LEVEL,
	EVINETD_OPTION_VERSION,
};

static const struct option evinetd_long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, EVINETD_OPTION_CHECK },
	{ "dump", no_argument, NULL, EVINETD_OPTION_DUMP },
	{ "explain", required_argument, NULL, EVINETD_OPTION_EXPLAIN },
	{ "listen", required_argument, NULL, EVINETD_OPTION_LISTEN },
	{ "set", required_argument, NULL, EVINETD_OPTION_SET },
	{ "log-level", required_argument, NULL, EVINETD_OPTION_LOG_LEVEL },
	{ "version", no_argument, NULL, EVINETD_OPTION_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void
evinetd_usage(FILE *out)
{
	fputs("usage: evinetd [-c FILE] [--check | --dump] [--log-level L]\n"
	      "       evinetd [-c FILE] --explain PEER [SERVICE]\n"
	      "       evinetd --listen ADDRESS [--set KEY=VALUE]... "
	      "[--check | --dump |\n"
	      "               --explain PEER] [--log-level L] -- PROGRAM "
	      "[ARGUMENT]...\n"
	      "\n"
	      "  -c, --config FILE   the configuration; "
	      "default " EVINETD_SYSCONFDIR "/evinetd.ini\n"
	      "      --check         say what is wrong with it, and exit\n"
	      "      --dump          print it as it takes effect, and exit\n"
	      "      --explain PEER  print which rule decides about "
	      "192.0.2.7, 2001:db8::1\n"
	      "                      or uid:NAME, and exit\n"
	      "      --listen A      serve PROGRAM without a file: '8080', "
	      "'*:8080', 'unix:/run/x'\n"
	      "      --set K=V       with --listen: any key of "
	      "evinetd.ini(5)\n"
	      "      --log-level L   error, warning, notice, info or debug\n"
	      "      --version, --help\n"
	      "\n"
	      "PROGRAM may be builtin:echo, discard, chargen, daytime, time.\n"
	      "See evinetd(8), evinetd.ini(5), evinetd-handler(7).\n",
	    out);
}

/* The arrays point into argv and have room for all of it. */
static void
evinetd_add(struct config_strings *list, char *text)
{
	list->items[list->count++] = text;
	list->items[list->count] = NULL;
}

static bool
evinetd_parse_level(struct evinetd_options *o, const char *name)
{
	o->log_level_set = log_level_parse(name, &o->log_level) == 0;
	if (!o->log_level_set)
		fprintf(
		    stderr, "evinetd: --log-level: \"%s\" is no level\n", name);
	return o->log_level_set;
}

/* True when the option was taken; otherwise *ret_status is the exit status. */
static bool
evinetd_take_option(struct evinetd_options *o, int option, int *ret_status)
{
	switch (option) {
	case 'c':
		o->path = optarg;
		return true;
	case EVINETD_OPTION_CHECK:
		o->action = EVINETD_CHECK;
		return true;
	case EVINETD_OPTION_DUMP:
		o->action = EVINETD_DUMP;
		return true;
	case EVINETD_OPTION_EXPLAIN:
		o->action = EVINETD_EXPLAIN;
		o->explain = optarg;
		return true;
	case EVINETD_OPTION_LISTEN:
		evinetd_add(&o->adhoc.listen, optarg);
		return true;
	case EVINETD_OPTION_SET:
		evinetd_add(&o->adhoc.set, optarg);
		return true;
	case EVINETD_OPTION_LOG_LEVEL:
		if (evinetd_parse_level(o, optarg))
			return true;
		evinetd_usage(stderr);
		*ret_status = EVINETD_EXIT_USAGE;
		return false;
	case EVINETD_OPTION_VERSION:
		puts("evinetd " EVINETD_VERSION);
		*ret_status = EXIT_SUCCESS;
		return false;
	case 'h':
		evinetd_usage(stdout);
		*ret_status = EXIT_SUCCESS;
		return false;
	default:
		evinetd_usage(stderr);
		*ret_status = EVINETD_EXIT_USAGE;
		return false;
	}
}

/* What the options do not say together. NULL: nothing wrong. */
static const char *
evinetd_find_misuse(const struct evinetd_options *o)
{
	const bool adhoc = o->adhoc.listen.count > 0;

	if (adhoc && o->path != NULL)
		return "-c and --listen exclude each other";
	if (adhoc && o->adhoc.words.count == 0)
		return "--listen needs a program: -- PROGRAM [ARGUMENT]...";
	if (!adhoc && o->action == EVINETD_EXPLAIN) {
		if (o->adhoc.words.count > 1)
			return "--explain takes one service, or none for all";
	} else if (!adhoc && o->adhoc.words.count > 0)
		return "a program needs --listen ADDRESS; a file needs -c";
	if (!adhoc && o->adhoc.set.count > 0)
		return "--set goes with --listen; a file has its own keys";
	return NULL;
}

static bool
evinetd_parse(
    struct evinetd_options *o, int argc, char *argv[], int *ret_status)
{
	int option;

	/* "+": the handler's own options are not ours. */
	while ((option = getopt_long(
		    argc, argv, "+c:h", evinetd_long_options, NULL)) != -1)
		if (!evinetd_take_option(o, option, ret_status))
			return false;
	for (int i = optind; i < argc; i++)
		evinetd_add(&o->adhoc.words, argv[i]);

	const char *misuse = evinetd_find_misuse(o);
	if (misuse == NULL)
		return true;
	fprintf(stderr, "evinetd: %s\n", misuse);
	evinetd_usage(stderr);
	*ret_status = EVINETD_EXIT_USAGE;
	return false;
}

static int
evinetd_load(const struct evinetd_options *o, struct config **ret)
{
	const char *path =
	    o->path != NULL ? o->path : EVINETD_SYSCONFDIR "/evinetd.ini";
	struct diag *diag = diag_new();

	if (diag == NULL)
		return -ENOMEM;
	const int error = o->adhoc.listen.count > 0
			      ? config_load_adhoc(&o->adhoc, diag, ret)
			      : config_load(path, diag, ret);
	diag_print(diag, stderr);
	if (error < 0)
		fprintf(stderr, "evinetd: %s\n",
		    error == -ENOMEM ? "out of memory"
				     : "the configuration has errors");
	diag_free(diag);
	return error;
}

/* What `kill_mode = tree` will be done with: that depends on the machine, and
 * on who runs us where. */
static void
evinetd_tell_trees(const struct config *config)
{
	struct cgroups *cgroups;
	int error = 1;

	for (size_t i = 0; i < config->nservices; i++) {
		const struct config_service *s = config->services[i];

		if (!s->enabled || s->kill_mode != CONFIG_KILL_TREE)
			continue;
		if (error == 1) {
			error = cgroups_new(&cgroups);
			if (error == 0)
				cgroups_free(cgroups);
		}
		if (error == 0)
			printf("[%s] kill_mode = tree: by a cgroup for each "
			       "handler\n",
			    s->name);
		else
			printf("[%s] kill_mode = tree: by looking in /proc, "
			       "since no cgroup can be made here: %s\n",
			    s->name, strerror(-error));
	}
}

static int
evinetd_check(const struct config *config)
{
	size_t enabled = 0;

	for (size_t i = 0; i < config->nservices; i++)
		enabled += config->services[i]->enabled;
	printf("%s: ok, %zu of %zu services enabled\n",
	    config->path != NULL ? config->path : "command line", enabled,
	    config->nservices);
	evinetd_tell_trees(config);
	return EXIT_SUCCESS;
}

static int
evinetd_dump(const struct config *config)
{
	const int error = config_dump(config, stdout);

	if (error < 0 || fflush(stdout) == EOF) {
		fprintf(stderr, "evinetd: standard output: %s\n",
		    strerror(error < 0 ? -error : errno));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int
evinetd_explain(const struct evinetd_options *o, const struct config *config)
{
	const bool named =
	    o->adhoc.listen.count == 0 && o->adhoc.words.count > 0;

	switch (explain(
	    config, o->explain, named ? o->adhoc.words.items[0] : NULL)) {
	case EXPLAIN_ALLOWED:
		return EXIT_SUCCESS;
	case EXPLAIN_USAGE:
		return EVINETD_EXIT_USAGE;
	default:
		return EXIT_FAILURE;
	}
}

/* Opens the log and the pid file; whoever started us is at standard error. */
static int
evinetd_prepare(const struct config *config, int *ret_pid_fd)
{
	int error = log_open(config->log, config->log_path, config->log_format,
	    config->log_level);

	if (error < 0) {
		fprintf(stderr, "evinetd: log %s: %s\n",
		    config->log == LOG_TARGET_FILE ? config->log_path
		    : config->log == LOG_TARGET_SYSLOG
			? "syslog (/dev/log)"
			: "journal (/run/systemd/journal/socket)",
		    strerror(-error));
		return error;
	}
	error = pid_file_create(config->pid_file, ret_pid_fd);
	if (error < 0)
		fprintf(stderr, "evinetd: pid_file %s: %s\n", config->pid_file,
		    error == -EAGAIN ? "another evinetd is running with it"
				     : strerror(-error));
	return error;
}

static int
evinetd_serve(const struct config *config)
{
	struct supervisor *supervisor;
	int pid_fd = -1;
	int error = evinetd_prepare(config, &pid_fd);

	if (error < 0)
		return EXIT_FAILURE;
	/* Paths are absolute since they were read; hold no file system. */
	if (chdir("/") == -1)
		log_message(LOG_LEVEL_WARNING, "chdir", "/: %m");
	error = supervisor_new(config, &supervisor);
	if (error == 0) {
		supervisor_run(supervisor);
		supervisor_free(supervisor);
	} else
		fprintf(stderr, "evinetd: could not start: %s%s\n",
		    strerror(-error),
		    config->log == LOG_TARGET_STDERR ? "" : "; see the log");
	pid_file_remove(config->pid_file, pid_fd);
	log_close();
	return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
evinetd_run(struct evinetd_options *o)
{
	struct config *config;
	int status = EXIT_FAILURE;
	int error;

	error = evinetd_load(o, &config);
	if (error < 0)
		return error == -ENOMEM ? EXIT_FAILURE : EX_CONFIG;
	if (o->log_level_set)
		config->log_level = o->log_level;
	switch (o->action) {
	case EVINETD_CHECK:
		status = evinetd_check(config);
		break;
	case EVINETD_DUMP:
		status = evinetd_dump(config);
		break;
	case EVINETD_EXPLAIN:
		status = evinetd_explain(o, config);
		break;
	case EVINETD_SERVE:
		status = evinetd_serve(config);
		break;
	}
	config_free(config);
	return status;
}

/* Before anything else is opened. */
static int
evinetd_take_passed(void)
{
	const int error = passed_init();

	if (error == 0)
		return 0;
	fprintf(stderr,
	    "evinetd: LISTEN_FDS and LISTEN_FDNAMES are not as in "
	    "sd_listen_fds(3): %s\n",
	    strerror(-error));
	return -1;
}

/* A descriptor of ours on 0, 1 or 2 would be lost in the child, and read as
 * the log. */
static int
evinetd_fill_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd == -1)
			return -1;
	} while (fd <= STDERR_FILENO);
	close(fd);
	return 0;
}

static void
evinetd_stop_cb(int number)
{
	_exit(EXIT_SUCCESS);
}

/* A process 1 gets no signal that it does not handle, and there is a while
 * until the supervisor does. */
static void
evinetd_handle_stop(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGQUIT };

	if (getpid() != 1)
		return;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], evinetd_stop_cb);
}

int
main(int argc, char *argv[])
{
	struct evinetd_options options = { .action = EVINETD_SERVE };
	int status = EXIT_FAILURE;
	char **items;

	evinetd_handle_stop();
	if (evinetd_take_passed() == -1 || evinetd_fill_descriptors() == -1)
		return EXIT_FAILURE;
	/* Three lists; none can be longer than the command line. */
	const size_t room = (size_t)argc + 1;
	items = calloc(3 * room, sizeof(items[0]));
	if (items == NULL)
		return EXIT_FAILURE;
	options.adhoc.listen.items = items;
	options.adhoc.set.items = items + room;
	options.adhoc.words.items = items + 2 * room;
	if (evinetd_parse(&options, argc, argv, &status))
		status = evinetd_run(&options);
	free(items);
	return status;
}
