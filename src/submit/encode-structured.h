/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The value (UTF-8) of a field that has a grammar of its own, in which no encoded word may stand
 * just anywhere, in ASCII: message ids, trace fields, dates, the List- fields. What is ASCII stays
 * as it is; domains become A-labels (RFC 5890), octets in URLs are percent-encoded (RFC 3986
 * section 2.1), all other words become encoded words of their own (RFC 2047), from which they can
 * be had back. NULL: no such field. */
char *rp_encode_structured(const char *name, const char *value);
