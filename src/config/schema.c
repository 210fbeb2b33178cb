/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The schema table. A new key is a line here, a field in config.h and an
 * entry in evinetd.ini(5), which a test compares with this. The order is that
 * of --dump and of the manual page.
 */
#include <evinetd/config/schema.h>

#include "nearest.h"
#include "type.h"

#include <limits.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECONDS(n)   ((n)*1000LL)
#define DAYS(n)	     SECONDS((n)*86400LL)

static const char *const log_names[] = { "stderr", "syslog", "journal", NULL };
static const char *const log_level_names[] = { "error", "warning", "notice",
	"info", "debug", NULL };
static const char *const log_format_names[] = { "text", "json", NULL };
static const char *const log_connections_names[] = { "all", "failures", "none",
	NULL };
static const char *const disconnect_names[] = { "ignore", "hup", "term", "kill",
	NULL };
static const char *const kill_mode_names[] = { "main", "group", "tree", NULL };
/* In the order of their numbers, from 1 on. */
static const char *const signal_names[] = { "HUP", "INT", "QUIT", "ILL", "TRAP",
	"ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
	"TERM", NULL };
/* In the order of enum config_mode, and of enum config_start. */
static const char *const mode_names[] = { "default", "nowait", "wait",
	"activate", NULL };
static const char *const start_names[] = { "demand", "boot", NULL };
static const char *const full_names[] = { "queue", "refuse", NULL };
static const char *const refusal_names[] = { "reset", "close", "message",
	NULL };
static const char *const stderr_names[] = { "log", "client", "null", NULL };

#define KEY(struct_name, key, field, type_name)  \
	.name = #key, .type = &type_##type_name, \
	.offset = offsetof(struct struct_name, field)
#define DAEMON(key, field, type)  KEY(config, key, field, type)
#define SERVICE(key, field, type) KEY(config_service, key, field, type)

static const struct schema_key daemon_keys[] = {
	{ DAEMON(include, include, include), .default_text = "none",
	    .flags = SCHEMA_NONE,
	    .help = "files to read after this one, or patterns of them" },
	{ DAEMON(log, log, log), .default_text = "stderr", .names = log_names,
	    .help = "where log records go" },
	{ DAEMON(log_level, log_level, enum), .default_text = "info",
	    .min = LOG_LEVEL_ERROR, .names = log_level_names,
	    .help = "the least important level that is logged" },
	{ DAEMON(log_format, log_format, enum), .default_text = "text",
	    .names = log_format_names, .help = "the form of log records" },
	{ DAEMON(log_connections, log_connections, enum), .default_text = "all",
	    .names = log_connections_names,
	    .help = "which connections get start and end records" },
	{ DAEMON(max_connections, max_connections, unsigned),
	    .default_text = "10000", .min = 1, .max = 1000000,
	    .help = "connections at a time, all services together" },
	{ DAEMON(drain_timeout, drain_timeout_ms, duration),
	    .default_text = "10s", .max = DAYS(365),
	    .help = "how long a shutdown waits for handlers to end" },
	{ DAEMON(pid_file, pid_file, path), .default_text = "none",
	    .flags = SCHEMA_NONE, .help = "file for our process id" },
};

static const struct schema_key service_keys[] = {
	{ SERVICE(listen, listen, listen), .help = "addresses to listen on" },
	{ SERVICE(handler, path, handler), .help = "the program to run" },
	{ SERVICE(mode, mode, enum), .default_text = "default",
	    .names = mode_names, .help = "what a handler is given" },
	{ SERVICE(processes, processes, unsigned), .default_text = "1",
	    .min = 1, .max = 1000, .flags = SCHEMA_ACTIVATE,
	    .help = "handlers that share the sockets" },
	{ SERVICE(start, start, enum), .default_text = "demand",
	    .names = start_names, .flags = SCHEMA_ACTIVATE,
	    .help = "when they are started" },
	{ SERVICE(description, description, string), .default_text = "none",
	    .flags = SCHEMA_NONE, .help = "what the service is, for people" },
	{ SERVICE(enabled, enabled, boolean), .default_text = "yes",
	    .help = "whether the service listens" },
	{ SERVICE(argv0, argv0, argv0), .default_text = "default",
	    .help = "what the program is told as its name" },
	{ SERVICE(environment, environment, environment),
	    .default_text = "none", .flags = SCHEMA_NONE,
	    .help = "variables to add, as NAME=VALUE" },
	{ SERVICE(pass_environment, pass_environment, names),
	    .default_text = "none", .flags = SCHEMA_NONE,
	    .help = "variables to take from our own environment" },
	{ SERVICE(working_directory, working_directory, path),
	    .default_text = "/", .help = "where the program starts" },
	{ SERVICE(umask, umask, mode), .default_text = "0022", .max = 0777,
	    .help = "the file mode creation mask" },
	{ SERVICE(nice, nice, int), .default_text = "0", .min = -20, .max = 19,
	    .help = "the scheduling priority" },
	{ SERVICE(oom_score_adj, oom_score_adj, int), .default_text = "0",
	    .min = -1000, .max = 1000,
	    .help = "how soon it is killed when memory runs out" },
	{ SERVICE(stderr, stderr_to, stderr), .default_text = "log",
	    .names = stderr_names, .help = "where standard error goes" },
	{ SERVICE(user, user, user), .default_text = "default",
	    .help = "the user to run as" },
	{ SERVICE(group, group, group), .default_text = "default",
	    .help = "the group to run as" },
	{ SERVICE(supplementary_groups, supplementary_groups, groups),
	    .default_text = "default", .flags = SCHEMA_NONE,
	    .help = "the other groups of the process" },
	{ SERVICE(limit_nofile, limits[CONFIG_LIMIT_NOFILE], limit_count),
	    .default_text = "default", .help = "open files" },
	{ SERVICE(limit_cpu, limits[CONFIG_LIMIT_CPU], limit_time),
	    .default_text = "default", .help = "processor time" },
	{ SERVICE(limit_as, limits[CONFIG_LIMIT_AS], limit_size),
	    .default_text = "default", .help = "address space" },
	{ SERVICE(limit_fsize, limits[CONFIG_LIMIT_FSIZE], limit_size),
	    .default_text = "default", .help = "size of a file it writes" },
	{ SERVICE(limit_nproc, limits[CONFIG_LIMIT_NPROC], limit_count),
	    .default_text = "default", .help = "processes of its user" },
	{ SERVICE(limit_core, limits[CONFIG_LIMIT_CORE], limit_size),
	    .default_text = "default", .help = "size of a core file" },
	{ SERVICE(limit_data, limits[CONFIG_LIMIT_DATA], limit_size),
	    .default_text = "default", .help = "size of its data" },
	{ SERVICE(limit_stack, limits[CONFIG_LIMIT_STACK], limit_size),
	    .default_text = "default", .help = "size of its stack" },
	{ SERVICE(no_new_privileges, no_new_privileges, boolean),
	    .default_text = "yes",
	    .help = "whether set-user-id programs are without effect" },
	{ SERVICE(allow, admission.allow, access), .default_text = "none",
	    .flags = SCHEMA_ACCESS | SCHEMA_NONE,
	    .help = "who may enter; all others are refused" },
	{ SERVICE(deny, admission.deny, access), .default_text = "none",
	    .flags = SCHEMA_ACCESS | SCHEMA_NONE, .help = "who may not" },
	{ SERVICE(allow_file, admission.allow_file, paths),
	    .default_text = "none", .flags = SCHEMA_ACCESS | SCHEMA_NONE,
	    .help = "files with more of `allow`" },
	{ SERVICE(deny_file, admission.deny_file, paths),
	    .default_text = "none", .flags = SCHEMA_ACCESS | SCHEMA_NONE,
	    .help = "files with more of `deny`" },
	{ SERVICE(max_connections, admission.max_connections, unsigned),
	    .default_text = "256", .min = 1, .max = 1000000,
	    .flags = SCHEMA_NOWAIT,
	    .help = "connections of the service at a time" },
	{ SERVICE(max_connections_per_source,
	      admission.max_connections_per_source, unsigned),
	    .default_text = "none", .min = 1, .max = 1000000,
	    .flags = SCHEMA_NOWAIT | SCHEMA_NONE,
	    .help = "of these, from one source" },
	{ SERVICE(source_prefix, admission.source_prefix, prefixes),
	    .default_text = "32 64", .flags = SCHEMA_NOWAIT,
	    .help = "the bits of IPv4 and IPv6 addresses that make a source" },
	{ SERVICE(rate, admission.rate, rate), .default_text = "none",
	    .flags = SCHEMA_NOWAIT | SCHEMA_NONE,
	    .help = "new connections in a time" },
	{ SERVICE(rate_per_source, admission.rate_per_source, rate),
	    .default_text = "none", .flags = SCHEMA_NOWAIT | SCHEMA_NONE,
	    .help = "of these, from one source" },
	{ SERVICE(when_full, admission.when_full, enum),
	    .default_text = "queue", .names = full_names,
	    .flags = SCHEMA_NOWAIT,
	    .help = "what happens to clients at the service's own limits" },
	{ SERVICE(when_refused, admission.when_refused, enum),
	    .default_text = "reset", .names = refusal_names,
	    .flags = SCHEMA_NOWAIT, .help = "how a client is sent away" },
	{ SERVICE(refuse_message, admission.refuse_message, message),
	    .default_text = "none", .flags = SCHEMA_NOWAIT | SCHEMA_NONE,
	    .help = "what it is told" },
	{ SERVICE(max_load, admission.max_load, load), .default_text = "none",
	    .flags = SCHEMA_NOWAIT | SCHEMA_NONE,
	    .help = "the load of the machine above which none may enter" },
	{ SERVICE(active_hours, admission.hours, hours), .default_text = "none",
	    .flags = SCHEMA_NOWAIT | SCHEMA_NONE,
	    .help = "when clients may enter" },
	{ SERVICE(max_lifetime, max_lifetime_ms, duration),
	    .default_text = "none", .min = 1, .max = DAYS(3650),
	    .flags = SCHEMA_NONE, .help = "how long a handler may run" },
	{ SERVICE(idle_timeout, idle_timeout_ms, duration),
	    .default_text = "none", .min = SECONDS(1), .max = DAYS(24),
	    .flags = SCHEMA_TCP | SCHEMA_NOWAIT | SCHEMA_NONE,
	    .help = "silence in both directions after which it ends" },
	{ SERVICE(on_disconnect, on_disconnect, enum), .default_text = "ignore",
	    .names = disconnect_names, .flags = SCHEMA_NOWAIT,
	    .help = "what a handler gets when its client has hung up" },
	{ SERVICE(disconnect_grace, disconnect_grace_ms, duration),
	    .default_text = "5s", .max = DAYS(365), .flags = SCHEMA_NOWAIT,
	    .help = "how long it may go on before that" },
	{ SERVICE(kill_mode, kill_mode, enum), .default_text = "group",
	    .names = kill_mode_names,
	    .help = "what ends together with a handler's main process" },
	{ SERVICE(kill_signal, kill_signal, enum), .default_text = "TERM",
	    .min = 1, .names = signal_names,
	    .help = "the signal that asks a handler to end" },
	{ SERVICE(kill_grace, kill_grace_ms, duration), .default_text = "5s",
	    .max = DAYS(365), .help = "time from that signal to SIGKILL" },
	{ SERVICE(hold, hold, boolean), .default_text = "yes",
	    .flags = SCHEMA_NOWAIT,
	    .help = "whether we keep the connection until its end" },
	{ SERVICE(linger, linger_ms, duration), .default_text = "2s",
	    .max = SECONDS(3600), .flags = SCHEMA_NOWAIT,
	    .help = "how long the client may take to hang up" },
	{ SERVICE(backlog, socket.backlog, int), .default_text = "1024",
	    .min = 1, .max = 65535, .flags = SCHEMA_STREAM | SCHEMA_BIND,
	    .help = "connections that may wait to be accepted" },
	{ SERVICE(nodelay, socket.nodelay, boolean), .default_text = "yes",
	    .flags = SCHEMA_TCP, .help = "send small packets at once" },
	{ SERVICE(keepalive, socket.keepalive_ms, duration),
	    .default_text = "60s", .min = SECONDS(1), .max = SECONDS(32767),
	    .flags = SCHEMA_TCP | SCHEMA_NONE,
	    .help = "silence after which the peer is probed" },
	{ SERVICE(user_timeout, socket.user_timeout_ms, duration),
	    .default_text = "none", .min = 1, .max = INT_MAX,
	    .flags = SCHEMA_TCP | SCHEMA_NONE,
	    .help = "how long sent data may be unacknowledged" },
	{ SERVICE(defer_accept, socket.defer_accept_ms, duration),
	    .default_text = "none", .min = SECONDS(1), .max = SECONDS(32767),
	    .flags = SCHEMA_TCP | SCHEMA_NONE,
	    .help = "wait so long for data before accepting" },
	{ SERVICE(fast_open, socket.fast_open, int), .default_text = "0",
	    .max = 65535, .flags = SCHEMA_TCP,
	    .help = "length of the TCP Fast Open queue; 0 is off" },
	{ SERVICE(reuse_port, socket.reuse_port, boolean), .default_text = "no",
	    .flags = SCHEMA_IP | SCHEMA_BIND,
	    .help = "share the port with other processes" },
	{ SERVICE(v6only, socket.v6only, boolean), .default_text = "yes",
	    .flags = SCHEMA_IP | SCHEMA_BIND,
	    .help = "whether IPv6 sockets leave IPv4 alone" },
	{ SERVICE(freebind, socket.freebind, boolean), .default_text = "no",
	    .flags = SCHEMA_IP | SCHEMA_BIND,
	    .help = "bind addresses that are not there yet" },
	{ SERVICE(transparent, socket.transparent, boolean),
	    .default_text = "no", .flags = SCHEMA_IP | SCHEMA_BIND,
	    .help = "accept for addresses of others" },
	{ SERVICE(bind_device, socket.bind_device, device),
	    .default_text = "none",
	    .flags = SCHEMA_IP | SCHEMA_BIND | SCHEMA_NONE,
	    .help = "the interface to listen on" },
	{ SERVICE(mark, socket.mark, number), .default_text = "none",
	    .max = UINT32_MAX, .flags = SCHEMA_IP | SCHEMA_NONE,
	    .help = "the firewall mark of what is sent" },
	{ SERVICE(tos, socket.tos, number), .default_text = "none", .max = 255,
	    .flags = SCHEMA_IP | SCHEMA_NONE,
	    .help = "the type of service of what is sent" },
	{ SERVICE(receive_buffer, socket.receive_buffer, size),
	    .default_text = "none", .min = 1, .max = INT_MAX / 2,
	    .flags = SCHEMA_NONE, .help = "bytes of receive buffer" },
	{ SERVICE(send_buffer, socket.send_buffer, size),
	    .default_text = "none", .min = 1, .max = INT_MAX / 2,
	    .flags = SCHEMA_NONE, .help = "bytes of send buffer" },
	{ SERVICE(socket_user, socket.user, user), .default_text = "default",
	    .flags = SCHEMA_UNIX | SCHEMA_BIND,
	    .help = "owner of the Unix socket" },
	{ SERVICE(socket_group, socket.group, group), .default_text = "default",
	    .flags = SCHEMA_UNIX | SCHEMA_BIND,
	    .help = "group of the Unix socket" },
	{ SERVICE(socket_mode, socket.mode, mode), .default_text = "0666",
	    .max = 0777, .flags = SCHEMA_UNIX | SCHEMA_BIND,
	    .help = "mode of the Unix socket" },
};

const struct schema_key *
schema_keys(enum schema_scope scope, size_t *ret_count)
{
	*ret_count =
	    scope == SCHEMA_DAEMON ? COUNT(daemon_keys) : COUNT(service_keys);
	return scope == SCHEMA_DAEMON ? daemon_keys : service_keys;
}

const struct schema_key *
schema_find(enum schema_scope scope, const char *name)
{
	size_t count;
	const struct schema_key *keys = schema_keys(scope, &count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

const char *
schema_nearest(enum schema_scope scope, const char *name)
{
	size_t count;
	const struct schema_key *keys = schema_keys(scope, &count);
	unsigned best = nearest_limit(name) + 1;
	const char *ret = NULL;

	for (size_t i = 0; i < count; i++) {
		const unsigned distance = nearest_distance(name, keys[i].name);

		if (distance < best) {
			best = distance;
			ret = keys[i].name;
		}
	}
	return ret;
}
