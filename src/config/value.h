/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Text to value: the plain types. Each parser takes the whole text of one
 * value, without blanks around it, and returns 0, or -EINVAL with a reason in
 * *err. None looks at anything but its arguments. evinetd.ini(5) says what
 * each type accepts.
 */
#ifndef EVINETD_CONFIG_VALUE_H
#define EVINETD_CONFIG_VALUE_H

#include <evinetd/base/bucket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* What is wrong with a value, and how far into its text. */
struct value_error {
	size_t at;
	char message[400];
};

/* Fills in *err and returns -EINVAL. A long message is cut. */
int value_fail(struct value_error *err, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* yes no true false on off, in lower case. */
int value_parse_bool(const char *text, bool *ret, struct value_error *err);

/* Decimal or 0x hexadecimal, with a sign. A leading zero is refused, because
 * some read it as octal. */
int
value_parse_integer(const char *text, int64_t *ret, struct value_error *err);

/* A file mode: one to four octal digits, 0 to 07777. */
int value_parse_mode(const char *text, mode_t *ret, struct value_error *err);

/* The index in names, which end in NULL. */
int value_parse_enum(const char *text, const char *const *names, unsigned *ret,
    struct value_error *err);

/* A number with one of the units ms s m h d; 0 needs none. In milliseconds. */
int value_parse_duration(
    const char *text, int64_t *ret_ms, struct value_error *err);

/* Bytes, or a number with one of the suffixes K M G T (powers of 1024). */
int value_parse_size(const char *text, int64_t *ret, struct value_error *err);

/* N/s, N/m, N/h or N/d, then perhaps `burst N`; the burst is N unless said
 * otherwise, and at most what ten years refill. */
int value_parse_rate(
    const char *text, struct bucket_rate *ret, struct value_error *err);

/* An address or ADDRESS/BITS; bits beyond BITS must be zero. IPv4-mapped IPv6
 * prefixes of 96 bits and more become IPv4. */
struct value_prefix {
	int family; /* AF_INET or AF_INET6 */
	unsigned bits;
	uint8_t bytes[16]; /* in network order, 4 or 16 of them */
};
int value_parse_prefix(
    const char *text, struct value_prefix *ret, struct value_error *err);

/* Two prefix lengths, of IPv4 (1 to 32) and of IPv6 (1 to 128), with a blank
 * or a slash between them. */
int value_parse_lengths(const char *text, unsigned *ret_ipv4,
    unsigned *ret_ipv6, struct value_error *err);

/* A load such as 4 or 2.5, up to 10000, in hundredths; not 0. */
int value_parse_load(const char *text, unsigned *ret, struct value_error *err);

/* Text with the escapes \r \n \t and \\; \r\n is put behind one that does not
 * end in \n, and VALUE_MESSAGE_MAX bytes is the most that it comes to. *ret is
 * the caller's to free. 0, -EINVAL with *err, or -ENOMEM. */
#define VALUE_MESSAGE_MAX 1000
int value_parse_message(const char *text, char **ret, struct value_error *err);

/* Writes it with these escapes. */
void value_print_message(const char *message, FILE *out);

/* Room for what the functions below write. */
#define VALUE_TEXT_MAX 32

/* Writes what the parser reads, in the largest unit that is exact. Return
 * buf. */
const char *value_format_duration(int64_t ms, char buf[VALUE_TEXT_MAX]);
const char *value_format_size(int64_t bytes, char buf[VALUE_TEXT_MAX]);
const char *value_format_load(unsigned hundredths, char buf[VALUE_TEXT_MAX]);

/* The next item of a list: separated by blanks, commas or lines. False at the
 * end; else *ret points into text, *ret_len bytes, and *at is behind it. Start
 * with *at = 0. */
bool value_next_item(
    const char *text, size_t *at, const char **ret, size_t *ret_len);

#endif
