/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The words of one launch: argv with its % sequences expanded, and the
 * environment with the connection in it, in the words of every tradition:
 * ucspi (ucspi-tcp, s6, ipsvd), systemd and CGI, xinetd. All room is allocated
 * with the plan; a launch writes into it and allocates nothing.
 */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest variable that a connection can make: a name and a path. */
#define FRAME_VARIABLE_MAX (32 + ADDR_TEXT_MAX)
#define FRAME_VARIABLES	   12

/* Appends to the frame's text; the sizes were computed so that it fits. */
struct frame_writer {
	struct launch_frame *frame;
	size_t used;
	size_t nenv;
};

static void
frame_putc(struct frame_writer *w, char c)
{
	if (w->used < w->frame->text_size)
		w->frame->text[w->used++] = c;
}

static void
frame_puts(struct frame_writer *w, const char *text)
{
	while (*text != '\0')
		frame_putc(w, *text++);
}

static size_t
frame_word_size(const char *word)
{
	size_t size = strlen(word) + 1;

	for (; *word != '\0'; word++)
		if (*word == '%')
			size += ADDR_TEXT_MAX;
	/* %s is the service's name: at most 64 bytes, less than that. */
	return size;
}

int
launch_frame_init(struct launch_frame *f, const struct launch_plan *plan)
{
	size_t size = frame_word_size(plan->argv0);

	for (size_t i = 0; i < plan->words.count; i++)
		size += frame_word_size(plan->words.items[i]);
	f->text_size = size + FRAME_VARIABLES * FRAME_VARIABLE_MAX;
	f->text = malloc(f->text_size);
	f->argv = calloc(plan->words.count + 2, sizeof(f->argv[0]));
	f->envp = calloc(
	    plan->environment.count + FRAME_VARIABLES + 1, sizeof(f->envp[0]));
	if (f->text == NULL || f->argv == NULL || f->envp == NULL) {
		launch_frame_fini(f);
		return -ENOMEM;
	}
	return 0;
}

void
launch_frame_fini(struct launch_frame *f)
{
	free(f->text);
	free(f->argv);
	free(f->envp);
	*f = (struct launch_frame){ 0 };
}

static void
frame_put_sequence(
    struct frame_writer *w, const struct spawn_request *r, char sequence)
{
	char text[ADDR_TEXT_MAX];

	switch (sequence) {
	case 'r':
		frame_puts(
		    w, client_format_source(r->client, text, sizeof(text)));
		return;
	case 'p':
		snprintf(text, sizeof(text), "%u", addr_port(&r->client->peer));
		break;
	case 'l':
		snprintf(
		    text, sizeof(text), "%u", addr_port(&r->client->local));
		break;
	case 's':
		frame_puts(w, r->plan->service);
		return;
	case 'c':
		snprintf(text, sizeof(text), "%llu",
		    (unsigned long long)r->connection);
		break;
	default: /* "%%"; others were refused when the text was read */
		snprintf(text, sizeof(text), "%%");
		break;
	}
	frame_puts(w, text);
}

static char *
frame_put_word(
    struct frame_writer *w, const struct spawn_request *r, const char *word)
{
	char *start = w->frame->text + w->used;

	for (; *word != '\0'; word++)
		if (*word == '%' && word[1] != '\0')
			frame_put_sequence(w, r, *++word);
		else
			frame_putc(w, *word);
	frame_putc(w, '\0');
	return start;
}

static void
frame_put_env(struct frame_writer *w, const char *name, const char *value)
{
	w->frame->envp[w->nenv++] = w->frame->text + w->used;
	frame_puts(w, name);
	frame_putc(w, '=');
	frame_puts(w, value);
	frame_putc(w, '\0');
}

static void
frame_put_env_number(
    struct frame_writer *w, const char *name, unsigned long long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", value);
	frame_put_env(w, name, text);
}

static void
frame_put_tcp(struct frame_writer *w, const struct spawn_request *r)
{
	char remote[ADDR_TEXT_MAX], local[ADDR_TEXT_MAX];
	const struct client *c = r->client;

	addr_format_host(&c->peer, remote, sizeof(remote));
	addr_format_host(&c->local, local, sizeof(local));
	frame_put_env(w, "PROTO", "TCP");
	frame_put_env(w, "TCPREMOTEIP", remote);
	frame_put_env_number(w, "TCPREMOTEPORT", addr_port(&c->peer));
	frame_put_env(w, "TCPLOCALIP", local);
	frame_put_env_number(w, "TCPLOCALPORT", addr_port(&c->local));
	frame_put_env_number(w, "TCPCONNNUM", r->concurrency);
	frame_put_env(w, "REMOTE_ADDR", remote);
	frame_put_env(w, "REMOTE_HOST", remote);
	frame_put_env_number(w, "REMOTE_PORT", addr_port(&c->peer));
}

static void
frame_put_unix(struct frame_writer *w, const struct spawn_request *r)
{
	char path[ADDR_TEXT_MAX];
	const struct client *c = r->client;

	frame_put_env(w, "PROTO", "IPC");
	frame_put_env_number(w, "IPCREMOTEEUID", c->cred.uid);
	frame_put_env_number(w, "IPCREMOTEEGID", c->cred.gid);
	frame_put_env_number(w, "IPCREMOTEPID", (unsigned)c->cred.pid);
	frame_put_env(
	    w, "IPCREMOTEPATH", addr_format_host(&c->peer, path, sizeof(path)));
	frame_put_env(
	    w, "IPCLOCALPATH", addr_format_host(&c->local, path, sizeof(path)));
	frame_put_env_number(w, "IPCCONNNUM", r->concurrency);
}

static void
frame_put_vsock(struct frame_writer *w, const struct spawn_request *r)
{
	char source[ADDR_TEXT_MAX];

	client_format_source(r->client, source, sizeof(source));
	frame_put_env(w, "PROTO", "VSOCK");
	frame_put_env(w, "REMOTE_ADDR", source);
	frame_put_env(w, "REMOTE_HOST", source);
	frame_put_env_number(w, "REMOTE_PORT", addr_port(&r->client->peer));
}

/* Nobody is at the other end of a listener. */
static void
frame_put_listener(struct frame_writer *w, const struct spawn_request *r)
{
	const struct addr *local = &r->client->local;
	char host[ADDR_TEXT_MAX];

	addr_format_host(local, host, sizeof(host));
	switch (addr_family(local)) {
	case AF_UNIX:
		frame_put_env(w, "PROTO", "IPC");
		frame_put_env(w, "IPCLOCALPATH", host);
		break;
	case AF_VSOCK:
		frame_put_env(w, "PROTO", "VSOCK");
		break;
	default:
		frame_put_env(w, "PROTO", r->datagram ? "UDP" : "TCP");
		if (r->datagram)
			break;
		frame_put_env(w, "TCPLOCALIP", host);
		frame_put_env_number(w, "TCPLOCALPORT", addr_port(local));
		break;
	}
}

static char *
frame_put_handover(struct frame_writer *w, const struct handover *h)
{
	char *place = w->frame->text + w->used + sizeof("LISTEN_PID=") - 1;
	char room[CHILD_PID_MAX];

	memset(room, '0', sizeof(room) - 1);
	room[sizeof(room) - 1] = '\0';
	frame_put_env(w, "LISTEN_PID", room);
	w->frame->envp[w->nenv++] = h->env_fds;
	w->frame->envp[w->nenv++] = h->env_names;
	return place;
}

static void
frame_put_client(struct frame_writer *w, const struct spawn_request *r)
{
	switch (addr_family(&r->client->peer)) {
	case AF_UNSPEC:
		frame_put_listener(w, r);
		break;
	case AF_UNIX:
		frame_put_unix(w, r);
		break;
	case AF_VSOCK:
		frame_put_vsock(w, r);
		break;
	default:
		frame_put_tcp(w, r);
		break;
	}
}

char *
launch_frame_fill(struct launch_frame *f, const struct spawn_request *r)
{
	struct frame_writer w = { .frame = f };
	const struct launch_plan *plan = r->plan;
	char *pid_text = NULL;
	size_t i;

	f->argv[0] = frame_put_word(&w, r, plan->argv0);
	for (i = 0; i < plan->words.count; i++)
		f->argv[i + 1] = frame_put_word(&w, r, plan->words.items[i]);
	f->argv[i + 1] = NULL;

	for (i = 0; i < plan->environment.count; i++)
		f->envp[w.nenv++] = plan->environment.items[i];
	frame_put_env_number(&w, "EVINETD_CONNECTION", r->connection);
	if (r->handover != NULL)
		pid_text = frame_put_handover(&w, r->handover);
	else
		frame_put_client(&w, r);
	f->envp[w.nenv] = NULL;
	return pid_text;
}
