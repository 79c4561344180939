/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/wire.h"

/* Wires without sockets, libcurl or time: the other end is a script. */

/* What is said while the session is set up. */
typedef struct {
	RpStage stage;
	gboolean tls;
	const char *text; /* with its CRLF */
} MemoryLine;

typedef struct {
	MemoryLine lines[12];  /* up to the one without text */
	RpWireFailure failure; /* with words: this instead of being up */
	/* Afterwards, in this order, up to NULL:
	 *   "C: TEXT"  a line of ours that begins so (the words after the command may differ)
	 *   "D:"       a message's content, up to the dot; kept
	 *   "B: N"     N octets of a message after BDAT; kept
	 *   "S: TEXT"  the server says this line
	 *   "idle"     we have sent nothing beyond that
	 *   "cut"      the connection is gone: nothing more goes either way
	 * With none left the server reads on, and is silent. */
	const char *const *steps;
	guint64 carries; /* the line is cut when so many octets have left; 0: never */
	guint beyond;    /* octets behind the lost ones that the server says it has */
	gboolean loses;  /* it is not cut there, but carries no more, however often it is sent */
	guint64 room;    /* octets that wait here for a line that takes no more; 0: any number */
} MemoryScript;

/* The n-th wire that is opened goes by the n-th script; there are no more of them. Borrowed. */
RpWires *memory_wires_new(const MemoryScript *scripts, guint n_scripts);
/* Of what was opened, a line each: "smtp HOST:PORT tls=required peer ehlo=NAME". */
const char *memory_wires_log(const RpWires *wires);
/* The contents that were received whole, as they came. */
const GPtrArray *memory_wires_mails(const RpWires *wires);
/* How many steps of the last script have been gone through. */
guint memory_wires_steps(const RpWires *wires);
guint memory_wires_n_open(const RpWires *wires);
