# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recipient lists at random, whole and damaged, and a reader of them that shares nothing with the one
it judges: it takes out what can hide a mark (comments, quoted strings, other character sets, encoded
words), cuts what is left at its commas, and knows addresses by a pattern."""

import re

# ---- whole lists: (octets, {addresses}) ----

DOMAINS = [(b"x.example", "x.example"), (b"y.example", "y.example"), (b"Z-2.EXAMPLE", "Z-2.EXAMPLE"),
           ("bücher.example".encode(), "xn--bcher-kva.example"), ("例え.example".encode(), "xn--r8jz45g.example"),
           (b"[192.0.2.1]", "[192.0.2.1]"), (b"[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"), (b"a_b.example", "a_b.example")]
LOCALS = [(b"taro", "taro"), (b"t.a.r.o", "t.a.r.o"), (b"taro+list=x", "taro+list=x"), (b"a..b", "a..b"), (b".a", ".a"),
          (b"a.", "a."), (b'"taro"', "taro"), (b'"a b"', "a b"), (b'"a@b, <c>;("', "a@b, <c>;("),
          (b'"q\\"\\\\"', 'q"\\'), ("jörg".encode(), "jörg"), (b"-x", "-x"), (b"user%host", "user%host"), (b"!#$&'*/=?^`{|}~", "!#$&'*/=?^`{|}~")]
NAMES = [b"root", b"postmaster", b"first.last", b"www-data"]
JIS = [b"\x1b$B;3ED\x1b(B", b"\x1b$B\"<@,>;(:\x1b(B", b"\x1b$@A\\B\"\x1b(J"]
WORDS = [b"Taro", b"Yamada", b"O'Neill", b"T.", b"=?utf-8?B?5bGx55Sw?=", b"=?utf-8?Q?a,_<b@c>?=", b"M\xfcller",
         "Jörg".encode(), b"\x82\xa0", b'"Yamada, Taro"', b'"a@b"', b'"\\"(<"', b"[x]", b"&", *JIS, b'"' + JIS[1] + b'"']
COMMENTS = [b"(c)", b"(a (b) c)", b"(a@b, c)", b"(\\) \\( \")", b"(" + JIS[1] + b")", b"(J\xf6rg)", b"()"]
BLANKS = [b" ", b" ", b" ", b"  ", b"\t", b"\r\n ", b"\r\n\t", b" \r\n "]


def key(local, domain):
    return (local, domain)


class Whole:
    """Makes lists whose addresses it knows."""

    def __init__(self, dice):
        self.dice = dice

    def chance(self, share):
        return self.dice.random() < share

    def gap(self, share=0.2):
        """Blanks and comments, or nothing."""
        out = b""
        while self.chance(share):
            out += self.dice.choice(COMMENTS if self.chance(0.3) else BLANKS)
        return out

    def address(self, gaps=0.05):
        (local, one), (domain, other) = self.dice.choice(LOCALS), self.dice.choice(DOMAINS)
        at = self.gap(gaps) + b"@" + self.gap(gaps)
        if self.chance(gaps) and not domain.startswith(b"["):
            domain = domain.replace(b".", self.gap() + b"." + self.gap())
        return local + at + domain, key(one, other)

    def phrase(self):
        words = [self.dice.choice(WORDS) for _ in range(self.dice.randint(1, 3))]
        return (self.dice.choice(BLANKS) + self.gap()).join(words)

    def angle(self):
        text, found = self.address(0.02)
        before = self.dice.choice([b"mailto:", b"@r.example:", b"@r.example,@s.example:"]) if self.chance(0.1) else b""
        if before == b"mailto:" and b"%" in text:
            before = b""
        return b"<" + self.gap(0.05) + before + text + self.gap(0.05) + b">", found

    def mailbox(self):
        """(octets, address, whether it may be taken for part of a name)"""
        kind = self.dice.randrange(10)
        if kind == 0:
            name = self.dice.choice(NAMES)
            return name, key(name.decode(), ""), True
        if kind == 1:
            (local, one), (domain, other) = self.dice.choice(LOCALS[:3]), self.dice.choice(DOMAINS[:3])
            plain = local + b"@" + domain
            mark = self.dice.choice([b"", b"'"])
            return mark + plain + mark + b" <" + plain + b">", key(one, other), False
        if kind < 5:
            return (*self.address(), False)
        text, found = self.angle()
        if kind == 5:
            return text, found, False
        return self.phrase() + self.dice.choice([b" ", b" ", b"", self.gap()]) + text, found, False

    def members(self, separators, n):
        text, found, after_name = b"", [], False
        for i in range(n):
            one, address, is_name = self.mailbox()
            if i:
                text += b"," if after_name else self.dice.choice(separators)
                text += b"," * self.chance(0.05) + self.gap(0.5)
            text += self.gap() + one + self.gap()
            found.append(address)
            after_name = is_name
        return text, found

    def group(self):
        text, found = self.members([b","], self.dice.randint(0, 3))
        return self.phrase() + self.gap() + b":" + self.gap() + text + b";", found

    def list(self):
        text, found = b"", []
        semicolons = [b",", b";"] if self.chance(0.2) else [b","]
        for i in range(self.dice.randint(1, 3)):
            if i:
                text += b", "
            more, addresses = self.group() if self.chance(0.15) else self.members(semicolons, self.dice.randint(1, 4))
            text += more
            found += addresses
        if self.chance(0.05):
            text += b", undisclosed-recipients:"
        return self.gap() + text + self.gap() + b"," * self.chance(0.05), set(found)


# ---- damage ----

MARKS = [b'"', b"(", b")", b"<", b">", b"@", b",", b";", b":", b".", b"[", b"]", b"\\", b" ", b"\t", b"\x1b", b"\x1b$B", b"\x1b(B",
         b"=?", b"?=", b"%", b"/", b"!", b"|", b"-", b"\xc3", b"\xfc", b"\xe2\x80\x8d", b"\xc2\xad", b"mailto:", b"<>", b"a@b", b"g:",
         b"\0", b"\r", b"\n", b"\r\n", b"\x7f", b"\x01", b", ", b"; ", b"@@", b"..", b"x" * 300]


def damaged(text, dice):
    for _ in range(dice.choice([1, 1, 1, 2, 3, 6])):
        at = dice.randint(0, len(text))
        to = min(len(text), at + dice.choice([1, 1, 1, 2, 5, 20]))
        kind = dice.randrange(6)
        if kind == 0:
            text = text[:at] + text[to:]
        elif kind == 1:
            text = text[:at] + dice.choice(MARKS) + text[at:]
        elif kind == 2:
            text = text[:at] + dice.choice(MARKS) + text[to:]
        elif kind == 3:
            text = text[:at] if dice.random() < 0.5 else text[at:]
        elif kind == 4:
            text = text[:to] + text[at:]
        else:
            marks = [m.start() for m in re.finditer(rb'[]["()<>@,;:\\.]', text)]
            if marks:
                at = dice.choice(marks)
                text = text[:at] + text[at + 1:]
    return text


# ---- the other reader ----

class Unreadable(Exception):
    """It can't be said whose addresses are in it."""


ASCII_AGAIN = re.compile(rb"\x1b\([BJH]")
ENCODED = re.compile(rb"=\?[A-Za-z0-9_.:+*-]+\?[BbQq]\?[!->@-~]*\?=")
ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-"
FOLD = re.compile(rb"\r?\n(?=[ \t])")


def hide(text):
    """The list with a private letter in the place of each thing that hides marks, and what each is."""
    out, hidden, at = "", {}, 0

    def put(kind, value):
        nonlocal out
        letter = chr(0xF0000 + len(hidden))
        hidden[letter] = (kind, value)
        out += letter

    def inside(at, close, nests):
        """Behind what closes it."""
        depth = 1
        while at < len(text):
            if text[at:at + 1] == b"\x1b":
                at = behind_charset(at)
            elif text[at:at + 1] == b"\\":
                at += 1 if text[at + 1:at + 2] != b"\x1b" else 0
                at = at + 1 if text[at:at + 1] != b"\x1b" else behind_charset(at)
            elif text[at:at + 1] == close:
                depth -= 1
                at += 1
                if depth == 0:
                    return at
            else:
                depth += nests and text[at:at + 1] == b"("
                at += 1
        raise Unreadable("open")

    def behind_charset(at):
        if ASCII_AGAIN.match(text, at):
            return at + 3
        if text[at + 1:at + 2] != b"$" and text[at + 1:at + 3] != b"(I":
            raise Unreadable("escape")
        end = ASCII_AGAIN.search(text, at + 1)
        if not end:
            raise Unreadable("charset")
        return end.end()

    text = FOLD.sub(b"", text)
    if re.search(rb"[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f]", text):
        raise Unreadable("control")
    while at < len(text):
        c = text[at:at + 1]
        encoded = ENCODED.match(text, at)
        in_word = out and (re.match(f"[{ATEXT}]", out[-1]) and out[-1] != "\ue000" and hidden.get(out[-1], ("word", b""))[0] == "word")
        if encoded and not in_word:
            put("word", encoded.group())
            at = encoded.end()
        elif c == b"\\" and text[at + 1:at + 2] not in (b"", b" ", b"\t", b"<"):
            end = behind_charset(at + 1) if text[at + 1:at + 2] == b"\x1b" else at + 2
            put("pair", text[at:end])
            at = end
        elif c == b"(":
            at = inside(at + 1, b")", True)
            out += " \ue000"
        elif c in b'"[':
            end = inside(at + 1, b'"' if c == b'"' else b"]", False)
            put("quoted" if c == b'"' else "literal", text[at:end])
            at = end
        elif c == b"\x1b":
            end = behind_charset(at)
            put("word", text[at:end])
            at = end
        else:
            try:
                n = 1 if text[at] < 128 else 2 if text[at] < 0xE0 else 3 if text[at] < 0xF0 else 4
                out += text[at:at + n].decode()
                at += n
            except UnicodeDecodeError:
                put("word", text[at:at + 1])
                at += 1
    return out.replace("\ue000", ""), hidden


def unquoted(piece, hidden):
    """A local part's or name's text."""
    out = ""
    for letter in piece:
        kind, value = hidden.get(letter, (None, None))
        if kind is None:
            out += letter
        elif kind == "quoted":
            out += re.sub(r"\\(.)", r"\1", value[1:-1].decode(), flags=re.S)
        else:
            raise Unreadable("no local part")
    return out


def ascii_domain(text, hidden):
    if text in hidden:
        kind, value = hidden[text]
        if kind != "literal" or not re.fullmatch(rb"\[[!-Z^-~]+\]", value):
            raise Unreadable("literal")
        return value.decode()
    if not text.isascii():
        if any(c in hidden or not (c.isalnum() or c in ".-_") for c in text):
            raise Unreadable("domain")
        text = text.encode("idna").decode().lower()
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*", text) or len(text) > 255:
        raise Unreadable("domain")
    return text


def spec(piece, hidden):
    """(local, domain), or (name, "")."""
    piece = piece.strip(" \t")
    tight = re.sub(r"[ \t]*([.@])[ \t]*", r"\1", piece)
    private = "".join(hidden)
    local = f"(?:[{ATEXT}]|\\.|(?<![^.])[{private}](?![^.@]))+" if private else f"(?:[{ATEXT}.])+"
    if re.search(r"[ \t\\]", tight) or tight.count("@") > 1:
        raise Unreadable("no address")
    if "@" not in tight:
        name = unquoted(piece, hidden)
        if piece != tight or not re.fullmatch(r"[\w+$.-]+", name) or name[0] in "-.":
            raise Unreadable("no name")
        return key(name, "")
    before, domain = tight.split("@")
    if not re.fullmatch(local, before):
        raise Unreadable("local part")
    text = unquoted(before, hidden)
    if not text or re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", text) or re.search(r"=\?.*\?=", text):
        raise Unreadable("local part")
    found = key(text, ascii_domain(domain, hidden))
    if len(printed(found).encode()) > 254:
        raise Unreadable("long")
    return found


def printed(address):
    local, domain = address
    if not domain:
        return local
    if not re.fullmatch(f"[{ATEXT}]+(\\.[{ATEXT}]+)*", local):
        local = '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'
    return local + "@" + domain


MAILTO = re.compile(r"^[ \t]*mailto[ \t]*:", re.I)


def without_mailto(piece):
    text = MAILTO.sub("", piece)
    if text != piece and "%" in text.split("@")[0]:
        raise Unreadable("mailto")
    if text != piece and not text.strip(" \t"):
        raise Unreadable("mailto")
    return text


def element(piece, hidden):
    """Its address."""
    if "<" not in piece:
        if ">" in piece:
            raise Unreadable("bracket")
        return spec(without_mailto(piece), hidden)
    whole = re.fullmatch(r"([^<>]*)<([^<>]*)>[ \t]*", piece)
    if not whole:
        raise Unreadable("brackets")
    name, inner = whole.groups()
    inner = without_mailto(inner)
    inner = re.sub(r"^[ \t,]*@[^:]*:", "", inner)
    found = spec(inner, hidden)
    name = MAILTO.sub("", name)
    if "@" in name and name.strip(" \t").strip("'").lower() != inner.strip(" \t").lower():
        raise Unreadable("which of the two?")
    return found


def pieces(text):
    """[(piece, what ended it)], cut at , ; and : outside of brackets."""
    out, piece, depth = [], "", False
    for c in text:
        depth = c == "<" or (depth and c != ">")
        if c in ",;:" and not depth:
            if c == ":" and piece.strip(" \t").lower() == "mailto":
                piece += c
            else:
                out.append((piece, c))
                piece = ""
        else:
            piece += c
    return out + [(piece, "")]


def read(octets):
    """The set of addresses, or Unreadable."""
    text, hidden = hide(octets)
    found, group, bare, names = set(), False, False, pieces(text)
    while names:
        piece, end = names.pop(0)
        # Words, a semicolon, and words with an address: one name, where there are no blanks.
        while end == ";" and not group and piece.strip(" \t") and "@" not in piece and "<" not in piece:
            rest = [p for p, _ in names]
            marks = [e for _, e in names]
            n = next((i for i, p in enumerate(rest) if "<" in p or "@" in p or marks[i] != ";"), 0)
            before = rest[n].split("<")[0]
            if "<" not in rest[n] or "@" in before:
                break
            if re.search(r"[ \t]$", piece) or re.match(r"[ \t<]|$", names[0][0]):
                raise Unreadable("semicolon")
            more, end = names.pop(0)
            piece += ";" + more
        if end == ":":
            if group or not piece.strip(" \t") or re.search(r"[<>@]", piece):
                raise Unreadable("colon")
            group, bare = True, False
            continue
        if piece.strip(" \t"):
            address = element(piece, hidden)
            bare |= group and not address[1]
            found.add(address)
        if end == ";":
            group = False
    if group and bare:
        raise Unreadable("group")
    return found
