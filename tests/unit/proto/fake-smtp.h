/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* A small SMTP server without I/O, strict about the order of commands: bytes in, bytes out, and
 * what it has taken responsibility for. One reply can be replaced, to play every refusal. */

typedef struct {
	char *sender;
	GPtrArray *recipients; /* of char* */
	GByteArray *content;   /* dots undone */
} FakeMail;

typedef struct FakeSmtp FakeSmtp;

/* The verb ("MAIL", "RCPT", "DATA", ".", "BDAT", "RSET", "QUIT"), its how-manieth in the session
 * (from 0) and its argument; returns a whole reply line without CRLF to give instead of the proper
 * one, or NULL. */
typedef const char *(*FakeAnswer)(
	gpointer user, const char *verb, guint number, const char *argument);

FakeSmtp *fake_smtp_new(FakeAnswer answer, gpointer user);
void fake_smtp_free(FakeSmtp *fake);
void fake_smtp_input(FakeSmtp *fake, const guint8 *data, gsize size);
GByteArray *fake_smtp_replies(FakeSmtp *fake);          /* drained by whoever reads it */
const GPtrArray *fake_smtp_mails(const FakeSmtp *fake); /* of FakeMail */
const char *fake_smtp_log(const FakeSmtp *fake);        /* command lines, contents as [N] */
gboolean fake_smtp_is_closed(const FakeSmtp *fake);
