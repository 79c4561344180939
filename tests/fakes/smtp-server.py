#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small scripted SMTP and POP3 servers on loopback, for tests.

One JSON object a line on standard input makes a server and answers {"port": N}:
  proto     "smtp" (default) or "pop"
  address   "127.0.0.1" (default) or "::1"
  tls       "none" (default), "starttls", "implicit"
  cert      "good" (default), "other" (not the CA's), "name" (for another name)
  banner    the greeting, whole
  ehlo      keywords; default PIPELINING 8BITMIME SIZE; CAPA lines for pop
  auth      mechanisms offered: ["PLAIN", "LOGIN", "CRAM-MD5"]; user taro, password geheim
  denied    the answer to a wrong login
  replies   {"MAIL": "550 no", "RCPT#1": "451 later"}; "@close", "@reset", "@stall" act instead;
            "@drip" says octets, and never ends a line.
            "." is the end of the content, "CONTENT" its first octet
  first     the same, in the first session only
  limit     recipients that are taken in a transaction; the answer to the next ones is "over"
  delay     {"VERB": seconds, "VERB#2": seconds} before the answer
  hold      ["VERB", "VERB#2"]: the same until it is told to go on
  lose_after  closes when so many octets of content have come
  drop      pop: the maildrop, a list of {"uidl": U, "text": T} or {"uidl": U, "size": N, "count": C}.
            What is deleted is gone at QUIT
  replaces  the port of a server that goes on by this script, with a maildrop of its own
  cut_after pop: resets in the first session when so many octets of mail have been given
{"log": PORT} answers {"log": "..."}: what was received there, contents as [N]. What an answer says has
been done is in there before the answer is given.
{"go": PORT}: what is held there, and what would be later, goes on.
{"certs": DIR} makes certificates and answers with files and fingerprint.
It ends at the end of its input.
"""
import base64
import fcntl
import functools
import hashlib
import hmac
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import termios
import threading
import time

USER, PASSWORD = 'taro', 'geheim'
logs = {}  # of lists: more than one session may add to it
going = {}
mails = {}
drops = {}
scripts = {}
certs = {}


def make_cert(directory, name, subject, names):
    key, cert = (os.path.join(directory, name + e) for e in ('.key', '.pem'))
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=' + subject,
                    '-addext', 'subjectAltName=' + names, '-keyout', key, '-out', cert],
                   check=True, stderr=subprocess.DEVNULL)
    certs[name] = (cert, key)
    return cert


def make_certs(directory):
    local = 'DNS:localhost,IP:127.0.0.1,IP:::1'
    good = make_cert(directory, 'good', 'localhost', local)
    make_cert(directory, 'other', 'localhost', local)
    name = make_cert(directory, 'name', 'elsewhere', 'DNS:elsewhere.example')
    public = subprocess.run(['openssl', 'x509', '-in', good, '-noout', '-pubkey'],
                            check=True, capture_output=True).stdout
    der = subprocess.run(['openssl', 'pkey', '-pubin', '-outform', 'DER'], input=public,
                         check=True, capture_output=True).stdout
    return {'good': good, 'name': name, 'fingerprint': hashlib.sha256(der).hexdigest()}


@functools.cache
def tls_context(name):
    """One for all connections, so that sessions can be resumed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certs[name])
    return context


class Gone(Exception):
    pass


class Session:
    def __init__(self, sock, script, port):
        self.sock, self.script, self.port = sock, script, port
        self.buffer = b''
        self.counts = {}
        self.tls_up = False
        self.content = 0
        self.number = logs[port].count('<connection>\n')

    def note(self, text):
        logs[self.port].append(text + '\n')

    def start_tls(self):
        self.sock = tls_context(self.script.get('cert', 'good')).wrap_socket(self.sock, server_side=True)
        if self.sock.session_reused:
            self.note('<resumed>')
        self.buffer = b''
        self.tls_up = True

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        self.buffer += data

    def line(self):
        while b'\n' not in self.buffer:
            self.more()
        line, _, self.buffer = self.buffer.partition(b'\n')
        return line.rstrip(b'\r').decode('latin-1')

    def take(self, count):
        while len(self.buffer) < count:
            self.lose_after(len(self.buffer))
            self.more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def lose_after(self, count):
        limit = self.script.get('lose_after')
        if limit is not None and self.content + count >= limit:
            self.reset()

    def reset(self):
        raw = self.sock
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        raise Gone

    def send(self, text):
        self.sock.sendall((text + '\r\n').encode('latin-1'))

    def scripted(self, verb):
        """The script's answer for this verb, or None; acts where it is told to act."""
        count = self.counts.get(verb, 0)
        self.counts[verb] = count + 1
        numbered = '%s#%d' % (verb, count)
        delays = self.script.get('delay', {})
        delay = delays.get(numbered, delays.get(verb))
        if delay:
            time.sleep(delay)
        if {verb, numbered} & set(self.script.get('hold', [])):
            going[self.port].wait()
        replies = self.script.get('replies', {})
        if self.number == 1:
            replies = {**replies, **self.script.get('first', {})}
        told = replies.get(numbered, replies.get(verb))
        if told == '@close':
            raise Gone
        if told == '@reset':
            self.reset()
        while told == '@drip':
            self.sock.sendall(b'2')
            time.sleep(0.05)
        if told == '@stall':
            while True:
                self.more()
        return told

    def decide(self, verb, proper):
        told = self.scripted(verb)
        return proper if told is None else told

    def say(self, text):
        self.send(text)
        if text.startswith('421'):
            raise Gone
        return text

    def answer(self, verb, proper):
        return self.say(self.decide(verb, proper))

    def login(self, mechanism, initial, prompt):
        """The user and password of a SASL exchange, or None."""
        def ask(challenge):
            self.send(prompt + base64.b64encode(challenge).decode())
            return base64.b64decode(self.line())
        if mechanism == 'PLAIN':
            data = base64.b64decode(initial) if initial else ask(b'')
            return data == b'\0' + USER.encode() + b'\0' + PASSWORD.encode()
        if mechanism == 'LOGIN':
            user = base64.b64decode(initial) if initial else ask(b'Username:')
            return (user, ask(b'Password:')) == (USER.encode(), PASSWORD.encode())
        if mechanism == 'CRAM-MD5':
            challenge = b'<1@fake.example>'
            digest = hmac.new(PASSWORD.encode(), challenge, 'md5').hexdigest()
            return ask(challenge).decode() == USER + ' ' + digest
        return False

    def run(self):
        try:
            while self.script.get('deaf') == self.number:
                self.more()
            if self.script.get('tls') == 'implicit':
                self.start_tls()
            self.talk()
        except (Gone, OSError, ssl.SSLError, ValueError) as error:
            if not isinstance(error, Gone):
                self.note('! ' + type(error).__name__)
        finally:
            self.sock.close()


class Smtp(Session):
    def keywords(self):
        words = list(self.script.get('ehlo', ['PIPELINING', '8BITMIME', 'SIZE']))
        if self.script.get('tls') == 'starttls' and not self.tls_up:
            words.append('STARTTLS')
        if self.script.get('auth'):
            words.append('AUTH ' + ' '.join(self.script['auth']))
        return words

    def greet(self):
        lines = ['fake.example'] + self.keywords()
        self.answer('EHLO', '\r\n'.join(
            '250%s%s' % ('-' if i < len(lines) - 1 else ' ', t) for i, t in enumerate(lines)))
        if self.number == 1 and 'unasked' in self.script:
            going[self.port].wait()
            self.send(self.script['unasked'])
            self.note('unasked')
            raise Gone

    def read_data(self):
        content = bytearray()  # grows in place: there are large ones
        self.scripted('CONTENT')
        while True:
            self.lose_after(0)
            line = self.line().encode('latin-1')
            if line == b'.':
                return content
            content += (line[1:] if line.startswith(b'.') else line) + b'\r\n'
            self.content = len(content)

    def taken(self, content):
        self.note('[%d]' % len(content))
        text = self.decide('.', '250 2.0.0 taken')
        if text.startswith('2'):
            mails.setdefault(self.port, []).append(content.decode('latin-1'))
        self.say(text)

    def auth(self, argument):
        mechanism, _, initial = argument.partition(' ')
        good = self.login(mechanism.upper(), initial, '334 ')
        denied = self.script.get('denied', '535 5.7.8 Authentication failed')
        self.answer('AUTH', '235 2.7.0 welcome' if good else denied)

    def talk(self):
        self.answer('BANNER', self.script.get('banner', '220 smtp.fake.example ESMTP'))
        content, valid = b'', 0
        while True:
            line = self.line()
            verb, _, argument = line.partition(' ')
            verb = verb.upper()
            self.note('AUTH' if verb == 'AUTH' else line)
            if verb in ('EHLO', 'HELO'):
                self.greet()
            elif verb == 'STARTTLS':
                if self.answer('STARTTLS', '220 go').startswith('220'):
                    self.sock.recv(1, socket.MSG_PEEK)  # the handshake has begun
                    self.scripted('HANDSHAKE')
                    self.start_tls()
            elif verb == 'AUTH':
                self.auth(argument)
            elif verb == 'RCPT' and valid >= self.script.get('limit', valid + 1):
                self.note('over')
                self.send(self.script['over'])
                if self.script['over'].startswith('421'):
                    return
            elif verb == 'RSET':
                valid = 0
                self.answer('RSET', '250 2.0.0 ok')
            elif verb == 'RCPT':
                valid += self.answer('RCPT', '250 2.1.5 ok').startswith('2')
            elif verb == 'DATA':
                if self.answer('DATA', '354 go' if valid else '554 none').startswith('3'):
                    self.taken(self.read_data())
                    valid = 0
            elif verb == 'BDAT':
                size, _, last = argument.partition(' ')
                content += self.take(int(size))
                self.content = len(content)
                if not last:
                    self.answer('BDAT', '250 2.0.0 chunk')
                    continue
                self.taken(content)
                content, valid = b'', 0
            elif verb == 'QUIT':
                self.answer('QUIT', '221 2.0.0 bye')
                return
            else:
                self.answer(verb, '250 2.0.0 ok')


def make_drop(script):
    drop = []
    for entry in script.get('drop', []):
        for i in range(entry.get('count', 1)):
            text = entry.get('text')
            if text is None:
                text = 'Subject: %s %d\r\n\r\n' % (entry['uidl'], i)
                text += ('x' * 62 + '\r\n') * ((entry['size'] - len(text)) // 64)
            drop.append((entry['uidl'] + ('-%d' % i if 'count' in entry else ''), text))
    return drop


class Pop(Session):
    def give(self, text):
        """A multi-line answer, with the lone dot."""
        lines = text.split('\r\n')
        data = ''.join('.%s\r\n' % t if t.startswith('.') else t + '\r\n' for t in lines[:-1])
        data = '+OK\r\n' + data + '.\r\n'
        limit = self.script.get('cut_after')
        if limit is not None and self.content + len(data) > limit:
            self.sock.sendall(data[:limit - self.content].encode('latin-1'))
            del self.script['cut_after']
            while struct.unpack('i', fcntl.ioctl(self.sock, termios.TIOCOUTQ, bytes(4)))[0]:
                time.sleep(0.01)  # a reset would take back what is still on its way
            self.reset()
        self.content += len(data)
        self.sock.sendall(data.encode('latin-1'))

    def transaction(self, verb, argument):
        """The commands about messages; False: it is not one."""
        drop = drops.setdefault(self.port, make_drop(self.script))
        numbers = [n for n in range(1, len(drop) + 1) if n not in self.deleted]
        told = self.scripted(verb)
        first = argument.split()[0] if argument else ''
        number = int(first) if first.isdigit() else 0
        if told is not None:
            self.send(told)
        elif verb == 'UIDL':
            self.send('\r\n'.join(['+OK'] + ['%d %s' % (n, drop[n - 1][0]) for n in numbers] + ['.']))
        elif verb == 'LIST':
            self.send('\r\n'.join(['+OK'] + ['%d %d' % (n, len(drop[n - 1][1])) for n in numbers] + ['.']))
        elif verb in ('RETR', 'TOP', 'DELE') and number not in numbers:
            self.send('-ERR no such message')
        elif verb == 'RETR':
            self.give(drop[number - 1][1])
        elif verb == 'TOP':
            self.give(drop[number - 1][1].partition('\r\n\r\n')[0] + '\r\n\r\n')
        elif verb == 'DELE':
            self.deleted.add(number)
            self.send('+OK')
        else:
            return False
        return True

    def talk(self):
        self.deleted = set()
        self.answer('BANNER', self.script.get('banner', '+OK ready'))
        user = None
        while True:
            line = self.line()
            verb, _, argument = line.partition(' ')
            verb = verb.upper()
            self.note(verb if verb in ('PASS', 'AUTH', 'APOP') else line)
            if verb == 'CAPA':
                words = list(self.script.get('ehlo', ['UIDL', 'USER']))
                if self.script.get('tls') == 'starttls' and not self.tls_up:
                    words.append('STLS')
                if self.script.get('auth'):
                    words.append('SASL ' + ' '.join(self.script['auth']))
                self.answer('CAPA', '\r\n'.join(['+OK'] + words + ['.']))
            elif verb == 'STLS':
                if self.answer('STLS', '+OK').startswith('+'):
                    self.start_tls()
            elif verb == 'USER':
                user = argument
                self.answer('USER', '+OK')
            elif verb == 'PASS':
                good = (user, argument) == (USER, PASSWORD)
                self.answer('PASS', '+OK logged in' if good else self.denied())
            elif verb == 'AUTH':
                mechanism, _, initial = argument.partition(' ')
                good = self.login(mechanism.upper(), initial, '+ ')
                self.answer('AUTH', '+OK logged in' if good else self.denied())
            elif verb == 'QUIT':
                text = self.decide('QUIT', '+OK bye')
                if text.startswith('+') and self.port in drops:
                    drops[self.port] = [m for n, m in enumerate(drops[self.port], 1)
                                        if n not in self.deleted]
                self.say(text)
                return
            elif not self.transaction(verb, argument):
                self.send('-ERR what?')

    def denied(self):
        return self.script.get('denied', '-ERR [AUTH] Authentication failed.')


def serve(listener, port):
    while True:
        sock, _ = listener.accept()
        script = scripts[port]
        kind = Pop if script.get('proto') == 'pop' else Smtp
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if 'receive_buffer' in script:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, script['receive_buffer'])
        logs[port].append('<connection>\n')
        threading.Thread(target=kind(sock, script, port).run, daemon=True).start()


def make_server(script):
    if 'replaces' in script:
        port = script['replaces']
        scripts[port] = script
        drops.pop(port, None)
        return {'port': port}
    address = script.get('address', '127.0.0.1')
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    listener = socket.socket(family)
    if 'receive_buffer' in script:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, script['receive_buffer'])
    if 'fast_open' in script:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, script['fast_open'])
    listener.bind((address, 0))
    port = listener.getsockname()[1]
    logs[port], scripts[port], going[port] = [], script, threading.Event()
    listener.listen(16)
    threading.Thread(target=serve, args=(listener, port), daemon=True).start()
    return {'port': port}


def main():
    # A thread a server and a connection: a thousand of the usual size don't fit into 32 bits.
    threading.stack_size(512 * 1024)
    for line in sys.stdin:
        request = json.loads(line)
        if 'certs' in request:
            reply = make_certs(request['certs'])
        elif 'log' in request:
            port = request['log']
            reply = {'log': ''.join(logs.get(port, [])), 'mails': mails.get(port, []),
                     'drop': [uidl for uidl, text in drops.get(port, [])]}
        elif 'go' in request:
            going[request['go']].set()
            reply = {}
        else:
            reply = make_server(request)
        print(json.dumps(reply), flush=True)


if __name__ == '__main__':
    main()
