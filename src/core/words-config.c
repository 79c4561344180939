/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words-private.h"

/* What is wrong with a configuration, as src/config says it, for what was kept in English: the same
 * messages, so that they are translated once. tests/unit/po compares. */

const char *const rp_words_of_config[] = {
	/* config/build.c */
	N_("%s is set too: one of the two must go"),
	/* config/checks.c */
	N_("“%s” is not a provider's name: that is one word (a comment must stand on a line of its "
	   "own)"),
	N_("there is no provider “%s”: did you mean “%s”?"),
	N_("there is no provider “%s”; add a group [provider %s]"),
	N_("provider is not set"),
	N_("domains is empty"),
	N_("pop is not set"),
	N_("pop-user is not set"),
	N_("smtp-user is not set"),
	N_("%s can never hold, because %s"),
	N_("not set, so the password is never used"),
	N_("a login without a password: set %s-from, %s-command or %s"),
	N_("opportunistic would give the password away wherever TLS is suppressed: with %s write "
	   "required (or off, on a network you trust)"),
	N_("the password crosses the network in clear"),
	N_("with %1$s the login is by a token, and a password would be sent in its place: write "
	   "%2$s-from=oauth:NAME, or %2$s-command with a command that prints a token, instead of "
	   "%2$s; or take out %1$s"),
	N_("pop is not set, so nothing is ever fetched"),
	N_("without effect: only fetch=delete deletes mail from the server"),
	N_("without effect: fetch is off"),
	N_("%s holds private addresses, which are in use everywhere: in many a hotel the machine "
	   "would be taken to be inside. nm-connections, ssids, gateways or dns-domains tell such "
	   "networks apart"),
	N_("%s is the address of gateways in many networks (routers that stand in for each other: "
	   "VRRP, HSRP; clusters, virtual networks): it tells none and does not count. "
	   "nm-connections or ssids tell such networks apart"),
	N_("required: the server's URL, as in smtp://mail.example.com"),
	N_("a key alone is shown to nobody: its certificate is named by tls-client-cert"),
	N_("mail of addresses that are not this provider's may be rejected or taken for spam by "
	   "its receivers (SPF, DMARC); list the domains you mean, or see rewrite-sender"),
	N_("empty, so the set carries nothing by itself (only what is pinned to it)"),
	N_("needs a full address as the first of identities"),
	N_("“%s” is in [server-set %s] too: both own it, and cost and priority decide"),
	N_("“%s” is there twice"),
	N_("that is roampost itself, which listens there (listen=%s), and mail would come back for "
	   "ever: write the provider's server, and leave localhost to the mail program"),
	/* config/oauth.c */
	N_("required: what the provider calls the program that asks for tokens; register one with "
	   "it"),
	N_("required (known for google, microsoft, yahoo and fastmail)"),
	N_("required, or device-endpoint: without one nobody can log in"),
	N_("must be 127.0.0.1 or localhost: the browser comes back to this machine"),
	N_("there is no group [oauth %s]: did you mean “%s”?"),
	N_("there is no group [oauth %s]: add one, with client-id"),
	/* config/reader.c */
	N_("unknown group; valid: [agent], [provider NAME], [server-set NAME], [setup], [oauth "
	   "NAME]"),
	N_("unknown group: did you mean [%s %s]?"),
	N_("unknown group: did you mean [%s]?"),
	N_("the group [agent] takes no name"),
	N_("the group [setup] takes no name"),
	N_("a provider needs a name: [provider NAME]"),
	N_("who gives tokens needs a name: [oauth NAME]"),
	N_("a server set needs a name: [server-set NAME]"),
	N_("a name must not contain ; or = or /"),
	N_("a name must not contain [ or ]"),
	N_("a name has no blanks in it; a proper name goes into name="),
	N_("a name has no blanks in it: join its words, as in my-isp"),
	N_("“auto” can't be a set's name: “roampost use auto” means the automatic choice"),
	N_("only [provider NAME] belongs in a file of providers.d; write this in roampost.conf"),
	N_("a key of [%s], not of [%s], and personal: write it in roampost.conf, since files of "
	   "providers.d are there to be shared"),
	N_("a key of [%s], not of [%s]"),
	N_("unknown key: did you mean “%s”?"),
	N_("unknown key; roampost.conf(5) lists those of [%s]"),
	N_("refused: others may read this file (mode %04o), so it must hold no secret; “chmod 600 "
	   "%s”, or use %s-command"),
	N_("refused: others may read this file (mode %04o), and a URL with a query or a login "
	   "holds a key; “chmod 600 %s”"),
	N_("personal: it belongs into roampost.conf, under the same [%s], since files of "
	   "providers.d are there to be shared"),
	N_("only the system's file (%s/roampost.conf) may say this"),
	N_("a backslash here means an escape (\\s \\n \\t \\r \\\\): write \\\\ for one that is "
	   "meant"),
	N_("it belongs to user %u: it must be your own or root's, since it names commands that are "
	   "run"),
	N_("others may write it, and it names commands that are run; “chmod go-w %s”"),
	N_("can't be read: %s"),
	/* config/ports.c */
	N_("port %1$u is for TLS from the start: write %2$s=%3$s (or %2$s=%4$s)"),
	N_("port %1$u is for STARTTLS, not for TLS from the start: write %2$s=%3$s (or %2$s=%4$s)"),
	/* config/scan.c */
	N_("given twice: this one counts, the one in line %u does not"),
	N_("this line is not UTF-8"),
	N_("a group is written [NAME], on a line of its own"),
	N_("“＝” is the full-width sign: write = here, and in lines like it"),
	N_("a group is written in brackets: did you mean [%s]?"),
	N_("a comment begins with #"),
	N_("this stands before the first group, such as [agent]"),
	N_("this line is neither KEY=VALUE, nor [GROUP], nor a # comment"),
	N_("this line holds a NUL"),
	/* config/values-asn.c */
	N_("“%s” is not protected on its way: it must be https://"),
	N_("“%s” is neither an https:// URL nor a full path"),
	N_("“%s” is no SHA-256: that has 64 hexadecimal digits"),
	N_("“%s” is neither sha256: and 64 hexadecimal digits nor minisign: and a public key (the "
	   "second line of minisign.pub)"),
	/* config/values-mail.c */
	N_("“%s”: domains are written without the @ here: %s"),
	N_("“%s”: domains match exactly, so name every subdomain by itself"),
	N_("“%s” is not a domain"),
	N_("“%s” is not a host name"),
	N_("“%s” is not HOST:PORT"),
	N_("“%s” is not an address: write @%s for every address of the domain"),
	N_("“%s” is not an address: write user@domain, or @domain for all of it"),
	N_("“%s” is not an address: write user@domain, without a name"),
	N_("“%s” is not known: write @%s for a domain"),
	N_("“%s” is not known; valid: own, any, or a list of @domain"),
	N_("“%s” is not known; valid: notify, maildir, or none alone"),
	N_("write the server only: user and password have keys of their own"),
	N_("“%s” is not the SHA-256 of a public key: that has 64 hexadecimal digits"),
	/* config/values-password.c */
	N_("credential has to name the credential, as in credential:odn"),
	N_("oauth has to name the [oauth] group, as in oauth:google"),
	N_("“%s” is no place for a password (did you mean “%s”?): write secret-service, "
	   "credential:NAME, netrc, netrc:FILE or oauth:NAME"),
	N_("“%s” is no place for a password: write secret-service, credential:NAME, netrc, "
	   "netrc:FILE or oauth:NAME"),
	N_("“%s” is no credential's name: it has a /"),
	N_("“%s” is not a full path: begin it with / or ~/"),
	N_("nothing may follow %s"),
	N_("“%s” is no endpoint: write https://HOST/PATH, without a user and a #"),
	/* config/values-setup.c */
	N_("“%s” is no https:// URL, nor off"),
	N_("“off” must stand alone"),
	/* config/values.c */
	N_("“%s” is not a whole number"),
	N_("“%s” is not auto or a number from 1"),
	N_("“%s” is not a number from 0"),
	N_("“%s” is too long a time: it is at most %s"),
	N_("“%s” is too large: it is at most %s"),
	N_("“%s” is neither yes nor no"),
	N_("“%s” is not known: did you mean “%s”? Valid: %s"),
	N_("“%s” is not known; valid: %s"),
	N_("“%s” is not an AS number: write it as 64496"),
	N_("“%s” is not a link-layer address: write it as 52:54:00:12:34:56"),
	N_("“%s” is not an operator code: write MCC and MNC together, 5 or 6 digits"),
	N_("“%s” is no DHCP option: write NAME=VALUE"),
	N_("the DHCP option “%s” does not tell networks apart"),
	N_("“%s” is not the name of a user of this machine"),
	N_("“%s” is no way to learn an address: valid are off, gateway, upnp, stun:HOST:PORT and "
	   "https://URL"),
	N_("a socket's path has at most %u octets, and this one has %u: “%s”"),
	N_("“%s”: the port goes from 1 to 65535"),
	N_("“%s” is not a loopback address with a port, as in 127.0.0.1:2525, nor a path; other "
	   "addresses are refused, since only on loopback can roampost see whose program it is"),
	/* config/wording.c */
	N_("all of it is taken as the value: a comment must stand on a line of its own"),
	N_("the quotes are taken as part of the value: leave them out, unless they belong to it"),
	N_("values are written without quotes: leave the quotes out"),
	NULL,
};

const char *const rp_words_of_config_hints[] = {
	N_(" (a comment must stand on a line of its own)"),
	N_(" (leave the quotes out)"),
	N_(" (the elements of a list are separated by ;)"),
	NULL,
};
