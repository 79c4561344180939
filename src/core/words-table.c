/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words-private.h"

/* What happened to sessions, as it is stored: each sentence stands once more where it is made,
 * which tests/unit/po compares. */

const char *const rp_words[] = {
	/* deliver/session-end.c */
	N_("{detail}; a POP password was given here before"),
	/* transport/pop-look.c */
	N_("who answers here could not be made sure of: {detail}"),
	N_("{server} has told no name that is known"),
	/* transport/session-report.c */
	N_("{detail}; port {port} begins with TLS: write {key}={url}"),
	N_("{detail}; port {port} begins in clear: write {key}={url}"),
	N_("{detail}; if port {port} begins with TLS, write {key}={url}"),
	/* transport/session-verdict.c */
	N_("{server} said: {reply}"),
	N_("{server} was one of {domain}, now it greets with: {reply}"),
	N_("{server} was one of {domain}, now its greeting is empty"),
	N_("{server}: something in between hides its greeting: {reply}"),
	N_("{server} offers {name} in lower case, which can't be used: {url} would go, if the "
	   "server has it"),
	N_("can't bind to {name}: {detail}"),
	N_("closed the session: {reply}"),
	N_("takes no more in this session: {reply}"),
	N_("closed the session"),
	N_("the connection was lost: {reply}"),
	N_("the connection was lost"),
	N_("no answer came in time"),
	N_("did not answer as an SMTP server does: {reply}"),
	N_("did not answer as an SMTP server does"),
	N_("announces CHUNKING and does not know BDAT"),
	N_("announces PIPELINING and loses commands"),
	N_("a message could not be read"),
	/* transport/port-probe.c */
	N_("port {port} of {name} is blocked here, {other} answers: smtp={url} would go"),
	/* transport/session.c */
	N_("its greeting came to no end"),
	N_("its answer came to no end"),
	N_("no greeting came"),
	N_("it greeted, but did not answer when we said who we are"),
	N_("it did not answer what came after we had said who we are"),
	N_("TLS came to no end"),
	N_("no answer came"),
	N_("this is no POP3 server, it speaks {name}: {reply}"),
	N_("this is no SMTP server, it speaks {name}: {reply}"),
	N_("it does not greet as an SMTP server does, but with: {reply}"),
	N_("the password is not configured"),
	N_("the connection was closed before it was set up"),
	/* transport/password.c, secrets/ */
	N_("the password command printed nothing"),
	N_("the password command did not end in time (does it need a terminal?)"),
	N_("the password command could not be started"),
	N_("the password is not to be had of the keyring: {detail}"),
	N_("the password is not among the unit's credentials: {detail}"),
	N_("the password is not to be had of the netrc file: {detail}"),
	N_("it is empty there"),
	N_("the keyring is locked: unlock it, by logging in to the desktop or in your keyring's "
	   "program"),
	N_("the keyring says: {reply}"),
	N_("the keyring does not take the password ({reply}): log in to the desktop, or make or "
	   "unlock a keyring in its program"),
	N_("there is no Secret Service on the session bus ({reply}): start a keyring "
	   "(gnome-keyring, KWallet, KeePassXC), or use another source of the password"),
	N_("the keyring has no password with host {host}, service {service} and user {user}"),
	N_("this roampost was built without libsecret: use a password command"),
	/* dbusloop/, queue/: why a command comes to nothing */
	N_("no message bus answers at {name}"),
	N_("another agent has the queue in {name}: process {detail}"),
	N_("there is no session bus here, and so no Secret Service: log in to a desktop session, "
	   "or use another source of the password"),
	N_("others may read {name}, or it is another user's: chmod 600 {file}"),
	N_("no systemd unit has given roampostd credentials (CREDENTIALS_DIRECTORY is not set): "
	   "write LoadCredential= or LoadCredentialEncrypted= into roampost.service"),
	N_("the credential {name} is empty"),
	N_("{file} has no password for machine {host} login {user}"),
	N_("the token of {user} is no longer good ({detail}): log in again: roampost login {set}"),
	N_("the token of {user} is no longer good ({detail})"),
	N_("the token of {user} is not there yet, nobody has logged in: roampost login {set}"),
	N_("the token of {user} is not there yet, nobody has logged in"),
	N_("the token of {user} can't be renewed now: {detail}"),
	N_("the token can't be renewed, see [oauth {name}]: it says {detail}"),
	N_("the token of {user} has ended or is refused: the agent renews it when it next needs "
	   "one"),
	N_("the password is a credential of the agent's unit, which is given to nobody else"),
	N_("the token is not to be had of GNOME Online Accounts: {detail}"),
	N_("there is no account of {user} that has tokens and is for mail"),
	N_("it answers without a token"),
	N_("it has ended, and nothing renews it"),
	/* proto/sasl-words.c, proto/sasl.c */
	N_("offers no login (pop-auth=user tries USER and PASS all the same)"),
	N_("offers no login"),
	N_("does not offer {name}, which {key} asks for, but {other}"),
	N_("offers no login with a password, only {name} (a token, and {key}, would do)"),
	N_("offers no login that can be used here, only {name}"),
	N_("its token is refused (status {name}): it has expired or is not for mail, and a new one "
	   "has to be fetched"),
	N_("its token is refused: it has expired or is not for mail, and a new one has to be "
	   "fetched"),
	N_("its token is refused: logins by SMTP are switched off for this mailbox or its whole "
	   "organisation, and who runs it has to allow them (authenticated SMTP); a new token does "
	   "not help"),
	N_("no login is left"),
	N_("the user's name or password can't be used"),
	N_("does not prove that it knows the password"),
	N_("does not answer a login as it should"),
	N_("does not answer a login as a mail server does"),
	N_("the connection was lost at the login"),
	/* transport/tls-words.c */
	N_("tls-ca-file can't be read, or has no certificate in it"),
	N_("its certificate has expired"),
	N_("its certificate is not yet valid"),
	N_("its certificate is revoked"),
	N_("its certificate comes from an authority that is not known here, or the server leaves "
	   "out what lies between"),
	N_("its certificate is self-signed"),
	N_("its certificate is for another name"),
	N_("its key is not the one that tls-fingerprint names"),
	N_("its certificate is not one for servers"),
	N_("its certificate is signed by one that is no authority's"),
	N_("the signature of its certificate is wrong"),
	N_("its certificate or its key is too weak to be trusted"),
	N_("the connection was closed in the TLS handshake"),
	N_("it speaks no TLS there"),
	N_("it has only versions of TLS that are too old to be safe"),
	N_("it ended the handshake: it has no encryption in common with this machine, or wants a "
	   "certificate (tls-client-cert)"),
	N_("it has no encryption in common with this machine"),
	N_("it does not know the name that it was called by"),
	N_("it ended the handshake by an error of its own"),
	N_("what came was damaged on the way"),
	N_("the handshake failed ({detail})"),
	/* transport/curl-client.c */
	N_("tls-ca-file can't be read: {detail}"),
	N_("tls-ca-file names {file}, which has no certificate in PEM form, or a damaged one"),
	N_("tls-client-cert can't be read: {detail}"),
	N_("tls-client-key can't be read: {detail}"),
	N_("tls-client-cert names {file}, which has no certificate in PEM form"),
	N_("tls-client-key: {file} has no private key in PEM form (without tls-client-key the "
	   "certificate's file is to have it)"),
	N_("tls-client-key: the key in {file} is encrypted, and nobody can be asked for its "
	   "password: openssl pkey -in {name} -out NEW writes it without one"),
	N_("tls-client-key: what is in {file} is broken, or not the key of the certificate in "
	   "{name}"),
	N_("tls-client-cert or tls-client-key can't be had from its token: {detail}"),
	N_("tls-client-cert is not taken by the server: it has expired"),
	N_("tls-client-cert is not taken by the server: it is revoked"),
	N_("tls-client-cert is not taken by the server: it does not know its authority"),
	N_("tls-client-cert is not taken by the server: it is broken, or not for clients"),
	N_("tls-client-cert is not taken by the server: it is not for clients"),
	N_("tls-client-cert is not taken by the server: it does not say why"),
	N_("tls-client-cert is not set, and the server demands a certificate"),
	/* deliver/ */
	N_("refused after the POP login at {time}: {reply}"),
	N_("the server takes only 7-bit mail"),
	N_("the server takes no headers outside ASCII"),
	N_("it has lines longer than servers take, and {detail}; released, it goes as it is"),
	N_("{detail}; released, it goes as it is"),
	N_("it has lines longer than servers take"),
	N_("it has {name}, and the server takes at most {detail}"),
	N_("its size is {name}"),
	N_("an address can't be written in an SMTP command"),
	N_("{name} has letters outside ASCII before its @"),
	N_("its content could not be read"),
	N_("it is too large for one of the server's hosts, and waits for another"),
	N_("the server answered, but not as an SMTP server does: {reply}"),
	N_("the connection ended before the server had answered"),
	N_("the server has put off its other recipients"),
	/* queue/history.c, deliver/outcome-record.c */
	N_("the agent ended while it was being sent"),
	N_("another change was made to it while it was being sent"),
	/* proto/convert.c */
	N_("a part of it is signed or encrypted, which a change would break"),
	N_("a part of it is of a kind that must not be encoded again"),
	N_("it has a DKIM signature, which a change would break"),
	/* core/policy-hold.c */
	N_("waiting for NetworkManager's check"),
	/* tell/tell.c */
	N_("The queue can't be written, for its disk is read-only now: nothing goes on before it "
	   "can, which is tried again by itself. “roampost doctor” has what helps."),
	N_("The queue can't be written, and nothing goes on before it can; that is tried again by "
	   "itself. Is the disk full? With room on it “roampost flush” goes on at once."),
	N_("The clock is wrong: it says a time before this program was made. Certificates are "
	   "refused by it, and mail is dated so. “roampost doctor” has the command that sets it."),
	N_("Local programs can't hand over mail by SMTP at {name}: does another program have that "
	   "address? Once it is free “pkill -x -HUP roampostd” tries again."),
	N_("Local programs can't hand over mail by SMTP at {name}: is its folder there, and does "
	   "nothing else have that name? Once it can be made “pkill -x -HUP roampostd” tries "
	   "again."),
	/* link/networkmanager-dial*.c, agent/dial.c */
	N_("NetworkManager refuses: {reply}"),
	N_("NetworkManager is not running"),
	N_("NetworkManager could not bring the connection up"),
	N_("NetworkManager has none of the provider's nm-connections"),
	N_("the connection that was dialled is gone already"),
	N_("the connection did not come up in time"),
	N_("there is no system bus to reach NetworkManager by"),
	N_("nothing was dialled with “roampost dial”"),
	/* fetch/ */
	N_("its POP server gives no unique ids (UIDL), without which nothing tells new mail from "
	   "old: nothing is fetched: {reply}"),
	N_("its POP server does not list its mail: {reply}"),
	N_("what was fetched before can't be read: {detail}"),
	N_("a message could not be put away, and stays on the server: {detail}"),
	N_("what was fetched stays on the server: {detail}"),
	N_("what was found can't be remembered: {detail}"),
	N_("its POP server does not delete message {name}: {reply}"),
	N_("its POP server does not give the text of message {name}: {reply}"),
	N_("its server set was changed meanwhile"),
	N_("the network has changed meanwhile"),
	N_("no usable link is up"),
	/* transport/curl-download.c */
	N_("it is larger than {name} octets: that is not it"),
	N_("it can't be fetched: it leads to a URL that is not https://, where nobody vouches for "
	   "what comes"),
	N_("it can't be fetched: its host's name has no address (or there is no network here)"),
	N_("it can't be fetched: {detail}"),
	N_("libcurl can't be used"),
	N_("the server answers {name}: it wants a login or a key"),
	N_("the server answers {name}: it does not understand the question"),
	N_("the server answers {name}: look whether the address is still right"),
	N_("the server answers {name}: try it later"),
	NULL,
};

/* libcurl's own, of the common mishaps. */
const char *const rp_words_of_curl[] = {
	N_("Could not resolve host: {name}"),
	N_("Resolving timed out"),
	N_("Failed to connect to {name} port {port} after {time} ms: {detail}"),
	N_("Failed to connect to {name} port {port}: {detail}"),
	N_("Couldn't connect to server"),
	N_("Could not connect to server"),
	N_("Connection refused"),
	N_("Connection timed out"),
	N_("Connection timeout"),
	N_("Timeout was reached"),
	N_("No route to host"),
	N_("Network is unreachable"),
	NULL,
};

/* Whose server it was, in front of what happened. */
const char *const rp_words_of_server[] = {
	N_("{server}: {detail}"),
	NULL,
};
