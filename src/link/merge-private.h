/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/link.h"

/* The sources' views made one, highest authority first; NULL is a source that has not reported yet.
 */
RpNetwork *rp_link_merge(RpLinkView *const *views, gsize n_views);
/* The interfaces that any of them awaits a verdict for; free with g_ptr_array_unref. */
GPtrArray *rp_link_merge_awaited(RpLinkView *const *views, gsize n_views);

RpLink *rp_network_find_link(const RpNetwork *network, const char *interface);
/* Whether the list of char* has the name. */
gboolean rp_names_contain(const GPtrArray *names, const char *name);
