/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The names of the built-in handlers: what `handler = builtin:NAME` accepts
 * and what the program evinetd-builtin runs. X(name, one line of help).
 */
#ifndef EVINETD_BUILTIN_H
#define EVINETD_BUILTIN_H

#define EVINETD_BUILTINS(X)                                            \
	X(echo, "sends back what it receives (RFC 862)")               \
	X(discard, "reads everything, answers nothing (RFC 863)")      \
	X(chargen, "sends a rotating pattern of characters (RFC 864)") \
	X(daytime, "sends the date and time as text (RFC 867)")        \
	X(time, "sends the time as four bytes (RFC 868)")

#endif
