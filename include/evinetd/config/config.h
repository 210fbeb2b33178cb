/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The configuration: INI text in, an immutable struct config out.
 *
 * See evinetd.ini(5) for the language. Everything that can be known when the
 * text is read is resolved here: users and groups to numbers, host and
 * service names to addresses, commands to words, paths to absolute ones.
 * Every error is collected in a struct diag; nothing is ignored in silence.
 * This library never logs, and opens nothing but the files that it reads.
 *
 * Durations are in milliseconds, sizes in bytes; CONFIG_NONE in an int64_t
 * means that the key is `none`.
 */
#ifndef EVINETD_CONFIG_CONFIG_H
#define EVINETD_CONFIG_CONFIG_H

#include <evinetd/base/addr.h>
#include <evinetd/base/log.h>
#include <evinetd/config/admission.h>
#include <evinetd/config/diag.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>

#define CONFIG_NONE (-1)

/* PATH of every handler, and where a command without a slash is looked for. */
#define CONFIG_HANDLER_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum config_log_connections {
	CONFIG_LOG_ALL,
	CONFIG_LOG_FAILURES,
	CONFIG_LOG_NOTHING,
};

enum config_stderr {
	CONFIG_STDERR_LOG,
	CONFIG_STDERR_CLIENT,
	CONFIG_STDERR_NULL,
	CONFIG_STDERR_FILE,
};

/* What starts when the client has hung up, or is dead. */
enum config_disconnect {
	CONFIG_DISCONNECT_IGNORE,
	CONFIG_DISCONNECT_HUP,
	CONFIG_DISCONNECT_TERM,
	CONFIG_DISCONNECT_KILL,
};

/* What ends together with a handler's main process. */
enum config_kill_mode {
	CONFIG_KILL_MAIN,  /* nothing else */
	CONFIG_KILL_GROUP, /* its process group */
	CONFIG_KILL_TREE,  /* all its descendants */
};

/* Who accepts, and what runs; see evinetd.ini(5). */
enum config_mode {
	CONFIG_MODE_DEFAULT,  /* in no checked config: it has become one of: */
	CONFIG_MODE_NOWAIT,   /* we accept; one handler a connection */
	CONFIG_MODE_WAIT,     /* a listener is fd 0 and 1 of one handler */
	CONFIG_MODE_ACTIVATE, /* all listeners, as in sd_listen_fds(3) */
};

/* When the handlers of `activate` are started. */
enum config_start {
	CONFIG_START_DEMAND, /* when somebody waits */
	CONFIG_START_BOOT,   /* at once */
};

enum config_listen_kind {
	CONFIG_LISTEN_TCP,
	CONFIG_LISTEN_UDP,
	CONFIG_LISTEN_UNIX, /* stream */
	CONFIG_LISTEN_UNIX_DGRAM,
	CONFIG_LISTEN_UNIX_SEQPACKET,
	CONFIG_LISTEN_VSOCK,
	CONFIG_LISTEN_FD, /* passed by a service manager: of any kind */
};

/* One item of `listen`; it opens naddrs sockets. Several addresses of one
 * item with port 0 get the same port. With CONFIG_LISTEN_FD there is no
 * address, and as many sockets as were passed with that name. */
struct config_listen {
	enum config_listen_kind kind;
	char *text; /* as written: "8080", "*:80", "unix:/run/x", "fd:NAME" */
	struct addr *addrs;
	size_t naddrs;
	bool optional_ipv6; /* IPv6 addresses may be left out where the kernel
			       has no IPv6 (PORT, *:PORT and host names) */
	struct config_origin origin;
};

struct config_user {
	bool set;
	uid_t uid;
	gid_t gid; /* the user's own group; (gid_t)-1 when a number without an
		      entry in the user database leaves it open: then
		      `group` is set */
	char *name, *home, *shell;
};

struct config_group {
	bool set;
	gid_t gid;
	char *name;
};

struct config_groups {
	bool set; /* false: those of `user` in the group database */
	gid_t *gids;
	size_t count;
};

enum config_limit {
	CONFIG_LIMIT_NOFILE,
	CONFIG_LIMIT_CPU,
	CONFIG_LIMIT_AS,
	CONFIG_LIMIT_FSIZE,
	CONFIG_LIMIT_NPROC,
	CONFIG_LIMIT_CORE,
	CONFIG_LIMIT_DATA,
	CONFIG_LIMIT_STACK,
	CONFIG_NLIMITS,
};

/* The RLIMIT_ number of setrlimit(2). */
int config_limit_resource(enum config_limit limit);

/* A pair for setrlimit(2). unset: inherited, but for nofile, whose soft limit
 * is then 1024. Only soft given: hard stays as inherited. RLIM_INFINITY for
 * `unlimited`. */
struct config_rlimit {
	bool set, hard_set;
	rlim_t soft, hard;
};

struct config_socket {
	int backlog;
	bool nodelay;
	int64_t keepalive_ms;	 /* idle time before the first probe */
	int64_t user_timeout_ms; /* TCP_USER_TIMEOUT */
	int64_t defer_accept_ms;
	int fast_open; /* length of the queue; 0: off */
	bool reuse_port, v6only, freebind, transparent;
	char *bind_device;	/* or NULL */
	int64_t mark;		/* SO_MARK, or CONFIG_NONE */
	int64_t tos;		/* 0..255, or CONFIG_NONE */
	int64_t receive_buffer; /* bytes, or CONFIG_NONE */
	int64_t send_buffer;
	struct config_user user; /* socket_user: owner of a Unix socket */
	struct config_group group;
	mode_t mode;
};

struct config_service {
	char *name;
	struct config_origin origin; /* its section's first line */
	bool enabled;
	char *description; /* or NULL */

	struct config_listen *listen;
	size_t nlisten;
	struct config_socket socket;
	struct config_admission admission;

	/* Where the mode has no connection (CONFIG_MODE_WAIT and _ACTIVATE),
	 * hold is false, idle_timeout_ms is CONFIG_NONE, on_disconnect is
	 * CONFIG_DISCONNECT_IGNORE, and there are no limits and, but for
	 * datagrams in CONFIG_MODE_WAIT, no access list, whatever [defaults]
	 * says. */
	enum config_mode mode;
	unsigned processes;	 /* with CONFIG_MODE_ACTIVATE; else 1 */
	enum config_start start; /* with CONFIG_MODE_ACTIVATE; else DEMAND */

	/* handler: path is absolute and was executable when it was checked;
	 * words are the arguments after argv[0], with their % sequences checked
	 * but not yet expanded. A built-in is the program evinetd-builtin with
	 * its name as the only word. (In a disabled service the program may be
	 * missing, and path be relative.) */
	bool builtin;
	char *path;
	struct config_strings words;
	char *argv0; /* path, or `argv0`; % sequences as in words */

	struct config_strings environment;	/* NAME=VALUE */
	struct config_strings pass_environment; /* NAME */
	char *working_directory;
	mode_t umask;
	int nice;
	int oom_score_adj;
	enum config_stderr stderr_to;
	char *stderr_path; /* for CONFIG_STDERR_FILE */
	struct config_user user;
	struct config_group group;
	struct config_groups supplementary_groups;
	struct config_rlimit limits[CONFIG_NLIMITS];
	bool no_new_privileges;

	int64_t max_lifetime_ms; /* or CONFIG_NONE */
	int64_t idle_timeout_ms; /* or CONFIG_NONE */
	enum config_disconnect on_disconnect;
	int64_t disconnect_grace_ms;
	enum config_kill_mode kill_mode;
	int kill_signal; /* of signal(7) */
	int64_t kill_grace_ms;

	bool hold;
	int64_t linger_ms;

	/* Where each value comes from, in the order of the schema table. */
	struct config_origin *origins;
};

struct config {
	char *path; /* of the main file, or NULL for the ad-hoc form */
	struct config_strings include; /* of the main file, as written */

	enum log_target log;
	char *log_path; /* for LOG_TARGET_FILE */
	enum log_level log_level;
	enum log_format log_format;
	enum config_log_connections log_connections;
	unsigned max_connections;
	int64_t drain_timeout_ms;
	char *pid_file; /* or NULL */

	struct config_service **services; /* in the order of the file */
	size_t nservices;

	struct config_origin *origins; /* of the [evinetd] keys */
	struct config_strings files;   /* every file read, main file first */

	/* What allow_file and deny_file name, each file once. */
	struct config_access_set **access_files;
	size_t naccess_files;
};

/* Reads the file, its includes, and checks everything. 0 and a config in
 * *ret, or -EINVAL with the reasons in diag, or -ENOMEM. */
int config_load(const char *path, struct diag *diag, struct config **ret);

/* The ad-hoc form: one service, named after the program, from
 * `--listen ADDRESS`, any number of `--set KEY=VALUE` (service keys, or keys
 * of [evinetd]) and the words of the handler's command (words[0] may be
 * builtin:NAME). Errors name the option instead of file and line. */
struct config_adhoc {
	struct config_strings listen;
	struct config_strings set;
	struct config_strings words;
};
int config_load_adhoc(
    const struct config_adhoc *from, struct diag *diag, struct config **ret);

void config_free(struct config *c);

/* Writes the effective configuration, with the origin of every value in a
 * comment above it. What it writes can be read by config_load() and gives the
 * same configuration. 0, or a negative errno of the stream. */
int config_dump(const struct config *c, FILE *out);

/* One value of a service, as config_dump() writes it ("none", "20/m burst 40");
 * and where it was written: "FILE:LINE", "[defaults] FILE:LINE", "default" or
 * "command line". The key is one of the schema table. */
void
config_print_value(const struct config_service *s, const char *key, FILE *out);
void
config_print_origin(const struct config_service *s, const char *key, FILE *out);

/* The service of that name, or NULL; and the name that a misspelt one is
 * nearest to, or NULL when none is near enough to be meant. */
const struct config_service *
config_find_service(const struct config *c, const char *name);
const char *config_nearest_service(const struct config *c, const char *name);

#endif
