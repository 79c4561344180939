/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the words of a remedy leave open: the id in commands, and the sender's domain in the line of
 * the configuration that lets a set carry its mail. */
#define RP_REMEDY_CARRIES "carries="
#define RP_REMEDY_DOMAIN "@DOMAIN"

/* The words of a remedy with a message's id, or those of several with blanks between them, in the
 * place of "ID" in the commands that they name, to be freed: what can be pasted as it stands. Of
 * several a command that is for one alone (edit --to) keeps "ID". */
char *rp_remedy_with_id(const char *text, const char *id);
/* And with whose mail it is (the address in From, which may be NULL or empty, else the envelope's)
 * in the line of the configuration that would let a set carry it, to be freed: of a class it is not
 * known. */
char *rp_remedy_with_sender(const char *text, const char *header_from, const char *sender);
