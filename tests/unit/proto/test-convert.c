/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/convert.h"

#include <string.h>

#define ALL (RP_CONVERT_8BIT | RP_CONVERT_HEADER | RP_CONVERT_LINES)
#define L100                                                                                       \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"890123456789"
#define L1000 L100 L100 L100 L100 L100 L100 L100 L100 L100 L100
#define B100                                                                                       \
	"QUJDREVGR0hJQUJDREVGR0hJQUJDREVGR0hJQUJDREVGR0hJQUJDREVGR0hJQUJDREVGR0hJQUJDREVGR0hJQUJD" \
	"REVGR0hJQUJD"
#define B1000 B100 B100 B100 B100 B100 B100 B100 B100 B100 B100

/* Stands for the real one, which is tested where it is: what is in angle brackets can't be encoded.
 */
static char *
encode(const char *name, const char *value)
{
	const char *angle = strchr(value, '<');

	for (const char *c = angle; c && *c && *c != '@'; c++)
		if ((guchar)*c > 127)
			return NULL;
	return g_strdup_printf("[%s]%s", name, angle ? angle : "");
}

/* Both times over it in pieces of `step`; NULL: refused, with the reason in *why. */
static char *
convert(const char *message, gsize size, const RpConvertOptions *options, gsize step, char **why,
	RpConvertWhat *about)
{
	g_autoptr(RpConvert) convert = rp_convert_new(options);
	g_autoptr(GByteArray) out = g_byte_array_new();

	for (gsize at = 0; at < size; at += step)
		rp_convert_scan(convert, (const guint8 *)message + at, MIN(step, size - at));
	*why = g_strdup(rp_convert_check(convert, about));
	if (*why)
		return NULL;
	for (gsize at = 0; at < size; at += step)
		rp_convert_write(convert, (const guint8 *)message + at, MIN(step, size - at), out);
	rp_convert_finish(convert, out);
	return g_strndup((const char *)out->data, out->len);
}

static const struct {
	const char *name;
	guint what;
	const char *from;
	const char *given;
	const char *wanted; /* NULL: as given */
} converted[] = {
	{"nothing to do", ALL, NULL, "From: a@b\r\n\r\nx\r\n.\r\n", NULL},
	{"no body", ALL, NULL, "From: a@b\r\n\r\n", NULL},
	{"no empty line", ALL, NULL, "From: a@b\r\n", NULL},
	{"not wished", RP_CONVERT_LINES, NULL, "Subject: \xc3\xbc\r\n\r\n\xc3\xbc\r\n", NULL},
	{"plain text", RP_CONVERT_8BIT, NULL,
		"From: a@b\r\n\r\nGr\xc3\xbc\xc3\x9f"
		"e = x \r\n\r\n",
		"From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"Gr=C3=BC=C3=9Fe =3D x=20\r\n\r\n"},
	{"unknown charset", RP_CONVERT_8BIT, NULL,
		"From: a@b\r\n\r\nGr\xfc\xdf"
		"e und so weiter\r\n",
		"From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
		"charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe und so weiter\r\n"},
	{"label in its place", RP_CONVERT_8BIT, NULL,
		"MIME-Version: 1.0\r\nContent-transfer-encoding: 8bit\r\n"
		"Content-Type: text/plain;\r\n charset=iso-8859-1\r\nX: y\r\n\r\nGr\xfc\xdf"
		"e und so weiter\r\n",
		"MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n"
		"Content-Type: text/plain;\r\n charset=iso-8859-1\r\nX: y\r\n\r\nGr=FC=DFe und so "
		"weiter\r\n"},
	{"base64 is shorter", RP_CONVERT_8BIT, NULL,
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
		"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\r\n",
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n5pel5pys6Kqe5pel5pys6KqeDQo=\r\n"},
	{"a long line", RP_CONVERT_LINES, NULL,
		"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nx\r\n" L1000 "\r\n",
		"MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: "
		"quoted-printable\r\n\r\nx\r\n"
		/* 13 lines of 75 and one of 25 */
		"012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
		"567890123456789012345678901234567890123456789012345678901234567890123456789=\r\n"
		"012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
		"567890123456789012345678901234567890123456789012345678901234567890123456789=\r\n"
		"012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
		"567890123456789012345678901234567890123456789012345678901234567890123456789=\r\n"
		"012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
		"567890123456789012345678901234567890123456789012345678901234567890123456789=\r\n"
		"012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
		"567890123456789012345678901234567890123456789012345678901234567890123456789=\r\n"
		"012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
		"567890123456789012345678901234567890123456789012345678901234567890123456789=\r\n"
		"012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
		"5678901234567890123456789\r\n"},
	{"base64 in one line", RP_CONVERT_LINES, NULL,
		"MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n"
		"Content-Type: a/b\r\n\r\n" B1000 "QQ==\r\n",
		"MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n"
		"Content-Type: a/b\r\n\r\n"
		"QUJDREVGR0hJQUJDREVGR0hJQUJDREVGR0hJQUJDREVGR0hJQUJDREVGR0hJQUJDREVGR0hJQUJD\r\n"
		"REVGR0hJQUJDREVGR0hJQUJDQUJDREVGR0hJQUJDREVGR0hJ"},
	{"a multipart", RP_CONVERT_8BIT, NULL,
		"MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n"
		"Content-Type: multipart/mixed; boundary=\"b c\"\r\n\r\npre\xc3\xbc\r\n--b "
		"c\r\n\r\nplain\r\n"
		"--b c\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
		"8bit\r\n\r\n"
		"gr\xc3\xbcn \r\n\r\n--b c \r\n"
		"Content-Type: application/x; name=\"\xc3\xbc\"\r\n\r\n\xff\xfe\xfd\xfc\xfb\xfa\r\n"
		"--b c--\r\npost\xc3\xbc\r\n",
		"MIME-Version: 1.0\r\nContent-Transfer-Encoding: 7bit\r\n"
		"Content-Type: multipart/mixed; boundary=\"b c\"\r\n\r\npre??\r\n--b "
		"c\r\n\r\nplain\r\n"
		"--b c\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"gr=C3=BCn=20\r\n\r\n--b c \r\n"
		"Content-Type: [Content-Type]\r\nContent-Transfer-Encoding: "
		"base64\r\n\r\n//79/Pv6\r\n"
		"--b c--\r\npost??\r\n"},
	{"multiparts in each other, one not closed", RP_CONVERT_8BIT, NULL,
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
		"Content-Type: multipart/alternative; boundary=ab\r\n\r\n--ab\r\n\r\n\xc3\xbc and "
		"more\r\n--ab-\r\n"
		"--a\r\n\r\nsecond\r\n--a--\r\n",
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
		"Content-Type: multipart/alternative; boundary=ab\r\n\r\n--ab\r\n"
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
		"quoted-printable\r\n"
		"\r\n=C3=BC and more\r\n--ab-\r\n--a\r\n\r\nsecond\r\n--a--\r\n"},
	{"a message in it", RP_CONVERT_8BIT, NULL,
		"MIME-Version: 1.0\r\nContent-Type: multipart/digest; boundary=a\r\n\r\n--a\r\n\r\n"
		"Subject: \xc3\xbc\r\n\r\n\xc3\xbc and more\r\n--a--\r\n",
		"MIME-Version: 1.0\r\nContent-Type: multipart/digest; boundary=a\r\n\r\n--a\r\n\r\n"
		"Subject: [Subject]\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC and more\r\n--a--\r\n"},
	{"signed, and nothing to do in it", ALL, NULL,
		"Subject: \xc3\xbc\r\nMIME-Version: 1.0\r\n"
		"Content-Type: multipart/signed; boundary=a\r\n\r\n--a\r\n\r\nx "
		"\r\n--a\r\n\r\nsig\r\n--a--\r\n",
		"Subject: [Subject]\r\nMIME-Version: 1.0\r\n"
		"Content-Type: multipart/signed; boundary=a\r\n\r\n--a\r\n\r\nx "
		"\r\n--a\r\n\r\nsig\r\n--a--\r\n"},
	{"beside what is signed", RP_CONVERT_8BIT, NULL,
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n"
		"Content-Type: multipart/signed; "
		"boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a\r\n\r\nsig\r\n--a--\r\n"
		"--m\r\n\r\n\xc3\xbc and more\r\n--m--\r\n",
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n"
		"Content-Type: multipart/signed; "
		"boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a\r\n\r\nsig\r\n--a--\r\n"
		"--m\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC and more\r\n--m--\r\n"},
	{"DKIM, and nothing to do", ALL, NULL, "DKIM-Signature: x\r\nSubject: s\r\n\r\nx\r\n",
		NULL},
	{"the header alone", RP_CONVERT_HEADER, NULL,
		"From: \xc3\xbc <a@b>\r\nSubject:\r\n \xc3\xbc\r\nX: y\r\n\r\n\xc3\xbc\r\n",
		"From: [From]<a@b>\r\nSubject: [Subject]\r\nX: y\r\n\r\n\xc3\xbc\r\n"},
	{"a long field", RP_CONVERT_LINES, NULL,
		"X: " L100 " " L100 " " L100 " " L100 " " L100 " " L100 " " L100 " " L100 " " L100
		" " L100 "\r\nY: z\r\n\r\n",
		"X: " L100 "\r\n " L100 "\r\n " L100 "\r\n " L100 "\r\n " L100 "\r\n " L100
		"\r\n " L100 "\r\n " L100 "\r\n " L100 "\r\n " L100 "\r\nY: z\r\n\r\n"},
	{"a long word", RP_CONVERT_LINES, NULL, "X-T: " L1000 "\xc3\xbc\r\nY: z\r\n\r\n",
		"X-T: " L100 L100 L100 L100 L100 L100 L100 L100 L100
		"0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
		"234567890"
		"12\r\n 3456789\xc3\xbc\r\nY: z\r\n\r\n"},
	{"a CR in the header of a part", RP_CONVERT_LINES, NULL,
		"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nX: "
		"1\r2\r\n\r\nx\r\n--a--\r\n",
		"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nX: 1 "
		"2\r\n\r\nx\r\n--a--\r\n"},
	{"a CR in the body", RP_CONVERT_LINES, NULL,
		"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n10%\r100%\r\n",
		"MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: "
		"quoted-printable\r\n\r\n10%=0D100%\r\n"},
	{"quoted-printable that is not", RP_CONVERT_8BIT, NULL,
		"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3D\xc3\xbc=\r\nb =20\r\n",
		"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3D=C3=BC=\r\nb =20\r\n"},
	{"quoted-printable that grows too long", RP_CONVERT_8BIT, NULL,
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9"
		"\xe9\xe9"
		"1234567=3D=3D\r\n",
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9=E9"
		"1234567=\r\n=3D=3D\r\n"},
	{"an encoding that is none", RP_CONVERT_8BIT, NULL,
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 8-bit\r\n\r\nGr\xc3\xbc\xc3\x9f"
		"e und so weiter\r\n",
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe und so "
		"weiter\r\n"},
	{"a report", RP_CONVERT_8BIT, NULL,
		"MIME-Version: 1.0\r\nContent-Type: message/delivery-status\r\n\r\n"
		"Diagnostic-Code: smtp; 550 inconnu: \xe9\r\n",
		"MIME-Version: 1.0\r\nContent-Type: message/delivery-status\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"Diagnostic-Code: smtp; 550 inconnu: =E9\r\n"},
	{"a long line between parts", RP_CONVERT_LINES, NULL,
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" L1000
		"\r\n--a--\r\n",
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" L100 L100
			L100 L100 L100 L100 L100 L100 L100
		"0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
		"2345678901"
		"234567\r\n 89\r\n--a--\r\n"},
	{"only what is no UTF-8", RP_CONVERT_NOT_UTF8, NULL,
		"From: \xc3\xbc <a@b>\r\nSubject: \xe9\r\n\r\n\xe9\r\n",
		"From: \xc3\xbc <a@b>\r\nSubject: [Subject]\r\n\r\n\xe9\r\n"},
	{"another From", 0, "me@here.example", "From: Taro <a@b>\r\nX: y\r\n\r\nx\r\n",
		"From: Taro <me@here.example>\r\nReply-To: Taro <a@b>\r\nX: y\r\n\r\nx\r\n"},
	{"another From, Reply-To is kept", 0, "me@here.example",
		"Reply-To: c@d\r\nFrom: a@b\r\nDKIM-Signature: x\r\n\r\nx\r\n",
		"Reply-To: c@d\r\nFrom: me@here.example\r\nDKIM-Signature: x\r\n\r\nx\r\n"},
	{"another From, encoded", RP_CONVERT_HEADER, "me@here.example",
		"From: \xc3\xbc <a@b>\r\n\r\nx\r\n",
		"From: [From]<me@here.example>\r\nReply-To: [Reply-To]<a@b>\r\n\r\nx\r\n"},
};

static void
test_converted(void)
{
	static const gsize steps[] = {1, 2, 3, 7, 100, 100000};

	for (guint i = 0; i < G_N_ELEMENTS(converted); i++) {
		for (guint s = 0; s < G_N_ELEMENTS(steps); s++) {
			const RpConvertOptions options = {
				converted[i].what, converted[i].from, encode};
			g_autofree char *why = NULL, *got = NULL;
			RpConvertWhat about;
			const char *want =
				converted[i].wanted ? converted[i].wanted : converted[i].given;

			g_test_message(
				"%s, in pieces of %" G_GSIZE_FORMAT, converted[i].name, steps[s]);
			got = convert(converted[i].given, strlen(converted[i].given), &options,
				steps[s], &why, &about);
			g_assert_cmpstr(why, ==, NULL);
			if (g_str_has_prefix(converted[i].name, "base64 in one")) {
				g_assert_true(g_str_has_prefix(got, want));
				g_assert_true(g_str_has_suffix(got, "QQ==\r\n"));
				g_assert_cmpuint(strlen(got) - (strstr(got, "QUJ") - got), ==,
					1004 + 14 * 2);
			} else {
				g_assert_cmpstr(got, ==, want);
			}
		}
	}
}

static const struct {
	guint what;
	const char *given;
	const char *why; /* begins so */
	RpConvertWhat about;
} refused[] = {
	{RP_CONVERT_LINES, "From: a@b\r\n\xc3\xbc" L1000 "\r\n\r\nx\r\n",
		"a line in a header of it that is no field", RP_CONVERT_LINES},
	{RP_CONVERT_8BIT,
		"Content-Type: multipart/signed; "
		"boundary=a\r\n\r\n--a\r\n\r\n\xc3\xbc\r\n--a\r\n\r\ns\r\n--a--\r\n",
		"a part of it is signed", RP_CONVERT_8BIT},
	{RP_CONVERT_8BIT,
		"Content-Type: multipart/signed; boundary=a\r\n\r\n--a\r\nContent-Type: "
		"multipart/mixed; boundary=b\r\n\r\n"
		"--b\r\n\r\n\xc3\xbc\r\n--b--\r\n--a\r\n\r\ns\r\n--a--\r\n",
		"a part of it is signed", RP_CONVERT_8BIT},
	{RP_CONVERT_8BIT,
		"Content-Type: multipart/signed; boundary=a\r\n\r\n--a\r\nContent-Type: "
		"message/rfc822\r\n\r\n"
		"Subject: \xc3\xbc\r\n\r\nx\r\n--a\r\n\r\ns\r\n--a--\r\n",
		"a part of it is signed", RP_CONVERT_8BIT},
	{RP_CONVERT_LINES,
		"Content-Type: multipart/encrypted; boundary=a\r\n\r\n--a\r\n\r\n" L1000
		"\r\n--a--\r\n",
		"a part of it is signed", RP_CONVERT_LINES},
	{RP_CONVERT_8BIT, "DKIM-Signature: x\r\n\r\n\xc3\xbc\r\n", "it has a DKIM",
		RP_CONVERT_8BIT},
	{RP_CONVERT_HEADER, "DKIM-Signature: x\r\nSubject: \xc3\xbc\r\n\r\nx\r\n", "it has a DKIM",
		RP_CONVERT_HEADER},
	{RP_CONVERT_HEADER, "From: <\xc3\xbc@b>\r\n\r\nx\r\n", "its header field From can't",
		RP_CONVERT_HEADER},
	{RP_CONVERT_8BIT, "Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\n\xc3\xbc\r\n",
		"a part of it is of a kind", RP_CONVERT_8BIT},
	{RP_CONVERT_8BIT, "Content-Transfer-Encoding: x-uuencode\r\n\r\n\xc3\xbc\r\n",
		"a part of it is of a kind", RP_CONVERT_8BIT},
	{RP_CONVERT_LINES, L1000 ": x\r\n\r\nx\r\n", "its header field 0123", RP_CONVERT_LINES},
	{RP_CONVERT_8BIT, "Content-Type: message/partial; id=x\r\n\r\n\xc3\xbc\r\n",
		"a part of it is of a kind", RP_CONVERT_8BIT},
	{RP_CONVERT_8BIT, "Content-Type: multipart/mixed\r\n\r\n\xc3\xbc\r\n",
		"a part of it is of a kind", RP_CONVERT_8BIT},
};

static void
test_refused(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
		const RpConvertOptions options = {refused[i].what, NULL, encode};
		g_autofree char *why = NULL, *got = NULL;
		RpConvertWhat about;

		got = convert(
			refused[i].given, strlen(refused[i].given), &options, 1000, &why, &about);
		g_test_message("%u: %s", i, why ? why : got);
		g_assert_null(got);
		g_assert_true(g_str_has_prefix(why, refused[i].why));
		g_assert_cmpint(about, ==, refused[i].about);
	}
}

/* A NUL goes no other way than encoded. */
static void
test_nul(void)
{
	static const char given[] =
		"Content-Type: text/plain\r\nMIME-Version: 1.0\r\n\r\na text with a \0 in it\r\n";
	const RpConvertOptions options = {RP_CONVERT_LINES, NULL, NULL};
	g_autofree char *why = NULL, *got = NULL;
	RpConvertWhat about;

	got = convert(given, sizeof given - 1, &options, 5, &why, &about);
	g_assert_nonnull(strstr(got, "\r\n\r\na text with a =00 in it\r\n"));
}

/* Whatever is given, what comes out is what was wished for, and pieces make no difference. */
static void
test_random(void)
{
	static const char *const bits[] = {"--a", "--b", "--a--", "--b--", "\r\n", "\r\n\r\n",
		"\r\n", "Content-Type: multipart/mixed; boundary=a\r\n",
		"Content-Type: multipart/x; boundary=b\r\n",
		"Content-Type: multipart/signed; boundary=b\r\n",
		"Content-Type: message/rfc822\r\n", "Content-Transfer-Encoding: 8bit\r\n",
		"Content-Transfer-Encoding: base64\r\n", "\xc3\xbc", "\xff", L1000,
		"Subject: ", " ", "\t", "x", "=", ".", "text", "\r\n--a\r\n", "\r\n--b\r\n"};
	guint n_converted = 0;

	for (guint i = 0; i < 3000; i++) {
		g_autoptr(GString) given = g_string_new("From: a@b\r\n");
		const RpConvertOptions options = {ALL, NULL, encode};
		g_autofree char *why = NULL, *why_again = NULL, *got = NULL, *again = NULL;
		RpConvertWhat about;

		for (gint n = g_test_rand_int_range(0, 25); n > 0; n--)
			g_string_append(given, bits[g_test_rand_int_range(0, G_N_ELEMENTS(bits))]);
		g_string_append(given, "\r\n");
		got = convert(given->str, given->len, &options, given->len, &why, &about);
		again = convert(given->str, given->len, &options, 3, &why_again, &about);
		g_assert_cmpstr(got, ==, again);
		g_assert_cmpstr(why, ==, why_again);
		if (!got)
			continue;
		n_converted++;
		g_assert_true(g_str_is_ascii(got));
		g_assert_true(g_str_has_suffix(got, "\n"));
		for (const char *line = got; line;) {
			const char *end = strchr(line, '\n');
			g_assert_cmpint(end ? end - line : 0, <=, 1000);
			line = end ? end + 1 : NULL;
		}
	}
	g_assert_cmpuint(n_converted, >, 500);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/convert/converted", test_converted);
	g_test_add_func("/convert/refused", test_refused);
	g_test_add_func("/convert/nul", test_nul);
	g_test_add_func("/convert/random", test_random);
	return g_test_run();
}
