/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What a library's words of a TLS connection that did not come about mean: a clause about the
 * server, without numbers and names of routines, to be freed. NULL: they are of something else. */
char *rp_tls_words(const char *raw);
