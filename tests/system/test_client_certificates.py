#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_client_certificates.py [SCENARIO..]: certificates that roampost shows (tls-client-cert=, tls-client-key=) to a
real Postfix, which relays for those it knows by fingerprint and no others, and to a real POP server, which lets
nobody in without one; and what the user reads where one can't be shown, or is not taken."""

import glob
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import dovecot, tap, world  # noqa: E402
from lab.certificates import make_certificate  # noqa: E402
from lab.mail import start_mail  # noqa: E402
from lab.manager import Bus  # noqa: E402
from lab.postfix import Postfix  # noqa: E402
from lab.provider import make_authority  # noqa: E402
from lab.roampost import User, program  # noqa: E402

NEAR, FAR, SERVER = "203.0.113.7", "203.0.113.1", "smtp.odn.example"

POSTFIX = """\
myhostname = smtp.odn.example
inet_protocols = ipv4
mynetworks = 192.0.2.0/24
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
smtpd_tls_CAfile = {ca}
smtpd_tls_ask_ccert = yes
smtpd_tls_fingerprint_digest = sha256
relay_clientcerts = texthash:{dir}/clients
smtpd_relay_restrictions = permit_tls_clientcerts, reject
smtpd_client_restrictions = static:HOLD
smtpd_error_sleep_time = 0
"""

SET = """\
[server-set odn]
identities=taro@odn.example
smtp=smtps://smtp.odn.example:{port}
relay=anywhere
pop=pop3s://smtp.odn.example
pop-user=taro
pop-password=kirameki
fetch=delete
tls-ca-file={dir}/ca.pem
{keys}
"""


def make_client(name):
    """A certificate for a client, signed by the laboratory's authority; its folder."""
    folder = "%s/client-%s" % (world.DIR, name)
    os.makedirs(folder)
    world.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
               "/CN=taro", "-keyout", folder + "/key.pem", "-out", folder + "/request.pem"])
    with open(folder + "/extensions", "w") as out:
        out.write("keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n")
    world.run(["openssl", "x509", "-req", "-in", folder + "/request.pem", "-CA", make_authority(), "-CAkey",
               world.DIR + "/ca.key", "-extfile", folder + "/extensions", "-out", folder + "/cert.pem",
               "-days", "2"])
    return folder


def make_foreign(name):
    """One that no authority has signed."""
    folder = make_client(name)
    world.run(["openssl", "req", "-x509", "-key", folder + "/key.pem", "-subj", "/CN=taro", "-days", "2", "-out",
               folder + "/cert.pem"])
    return folder


def make_expired(name):
    """Likewise, and over since yesterday."""
    folder = make_client(name)
    world.run(["openssl", "ca", "-batch", "-config", _ca_folder(), "-startdate", "20200101000000Z", "-enddate",
               "20200201000000Z", "-in", folder + "/request.pem", "-out", folder + "/cert.pem", "-notext"])
    return folder


def _ca_folder():
    folder = world.DIR + "/ca"
    if not os.path.isdir(folder):
        os.makedirs(folder)
        open(folder + "/index", "w").close()
        with open(folder + "/conf", "w") as out:
            out.write("[ca]\ndefault_ca=lab\n[lab]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\n"
                      "certificate=%s\nprivate_key=%s/ca.key\ndefault_md=sha256\npolicy=any\nx509_extensions=client\n"
                      "[any]\ncommonName=supplied\n[client]\nkeyUsage=critical,digitalSignature\n"
                      "extendedKeyUsage=clientAuth\n" % (folder, folder, make_authority(), world.DIR))
    return folder + "/conf"


def fingerprint(folder):
    told = subprocess.run(["openssl", "x509", "-in", folder + "/cert.pem", "-noout", "-fingerprint", "-sha256"],
                          capture_output=True, text=True, check=True).stdout
    return told.strip().split("=")[1]


class Lab:
    def __init__(self):
        Bus("session")
        world.wire_to_isp(NEAR, FAR)
        world.name(SERVER, FAR)
        make_authority()
        self.folder = make_certificate(world.DIR + "/mail", SERVER)
        self.known, self.users, self.last = make_client("known"), 0, None
        self.stranger, self.expired = make_client("stranger"), make_expired("expired")
        with open(self.folder + "/clients", "w") as out:
            out.write("".join("%s taro\n" % fingerprint(one) for one in (self.known, self.expired)))
        self.postfix = Postfix(self.folder, POSTFIX, ["%s:465 -o smtpd_tls_wrappermode=yes" % FAR], "isp",
                               ca=world.DIR + "/ca.pem")
        start_mail(self.postfix, FAR, clients=world.DIR + "/ca.pem")

    def pop_log(self):
        with open(self.folder + "/dovecot.log") as log:
            return log.read()

    def user(self, *keys, port=465, env=None):
        self.users += 1
        user = User(SET.format(dir=world.DIR, port=port, keys="\n".join(keys)), "user%d" % self.users,
                    {"ROAMPOST_LINKS": "kernel", **(env or {})})
        user.env.pop("XDG_RUNTIME_DIR", None)
        self.last = user
        return user

    def tidy(self, *_):
        """After what went wrong, too."""
        if self.last and self.last.agent and not self.last.stopped:
            self.last.stop_agent()


def shown(folder):
    return ["tls-client-cert=%s/cert.pem" % folder, "tls-client-key=%s/key.pem" % folder]


def reasons(message):
    return " ".join(reason["text"] for to in message["recipients"] for reason in to["reasons"] or [])


def attempt(user):
    """What becomes of a mail, with the reasons; the agent goes on."""
    user.start_agent()
    message = user.wait_state(user.submit("taro@odn.example", "hanako@friends.example"), "sent", "held")
    return message["state"], "" if message["state"] == "sent" else reasons(message)


def taken(test, lab):
    """By SMTP and by POP, from two files and from one."""
    both = world.DIR + "/both.pem"
    with open(both, "w") as out:
        for name in ("key", "cert"):
            with open("%s/%s.pem" % (lab.known, name)) as one:
                out.write(one.read())
    for name, keys in (("two files", shown(lab.known)), ("one file", ["tls-client-cert=" + both])):
        user, log = lab.user(*keys), lab.pop_log()
        test.equal(attempt(user), ("sent", ""), name + ": relayed for who is known by his certificate")
        user.run("check", "odn")
        world.wait_for(lambda: dovecot.LOGIN.search(lab.pop_log()[len(log):]), "a POP login", 20)
        test.check("user=<taro>" in lab.pop_log()[len(log):], name + ": let in at POP")
        user.stop_agent()


def not_taken(test, lab):
    """By a server that says so in its own words."""
    for name, keys in (("without one", []), ("a stranger's", shown(lab.stranger))):
        user = lab.user(*keys)
        state, why = attempt(user)
        test.check(state == "held" and "554 5.7.1" in why, name, (state, why))
        user.stop_agent()


class Strict:
    """A TLS server that ends the handshake of who has no certificate to its liking: OpenSSL's, as Python
    has it. With TLS 1.3 (RFC 8446) the client hears of that only behind its own handshake."""

    def __init__(self, folder, version):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(world.DIR + "/ca.pem")
        context.minimum_version = context.maximum_version = version
        with world.inside("isp"):
            self.socket = socket.create_server((FAR, 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, args=(context,), daemon=True).start()

    def _serve(self, context):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            secure = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            try:
                secure.do_handshake()
                secure.sendall(b"421 4.3.2 closing\r\n")
            except (ssl.SSLError, OSError):
                self._wait_for_end(secure)
            secure.close()

    @staticmethod
    def _wait_for_end(secure):
        """Closed before, the alert would be lost with what is not read yet."""
        try:
            while socket.socket.recv(secure, 4096):
                pass
        except OSError:
            pass

    def close(self):
        self.socket.close()


def alerts(test, lab):
    """By a server that ends the handshake."""
    foreign = make_foreign("foreign")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        strict = Strict(lab.folder, version)
        for keys, words in (
                (shown(lab.expired), "tls-client-cert is not taken by the server: it has expired"),
                (shown(foreign), "tls-client-cert is not taken by the server: it does not know its authority"),
                # TLS 1.2 has no word for it.
                ([], "tls-client-cert is not set, and the server demands a certificate"
                 if version == ssl.TLSVersion.TLSv1_3 else "or wants a certificate (tls-client-cert)")):
            user = lab.user(*keys, port=strict.port)
            state, why = attempt(user)
            test.check(state == "held" and words in why, "%s: %s" % (version.name, words), (state, why))
            user.stop_agent()
        strict.close()


def broken_files(test, lab):
    """What can be seen here is said before anybody is asked; put right, the remedy as it is printed frees the mail."""
    folder = world.DIR + "/broken"
    os.makedirs(folder)
    world.run(["openssl", "pkey", "-in", lab.known + "/key.pem", "-aes256", "-passout", "pass:kagi", "-out",
               folder + "/locked.pem"])
    world.run(["openssl", "ec", "-in", lab.known + "/key.pem", "-aes128", "-passout", "pass:kagi", "-out",
               folder + "/older.pem"])
    with open(folder + "/text.pem", "w") as out:
        out.write("hello\n")
    good = "tls-client-cert=%s/cert.pem" % lab.known
    for name, keys, words in (
            ("no certificate there", ["tls-client-cert=%s/nothing.pem" % folder], "tls-client-cert can't be read: "),
            ("no key there", [good, "tls-client-key=%s/nothing.pem" % folder], "tls-client-key can't be read: "),
            ("no key in it", [good], "has no private key in PEM form (without tls-client-key the certificate's file is to have it)"),
            ("text", ["tls-client-cert=%s/text.pem" % folder], "which has no certificate in PEM form"),
            ("another's key", [good, "tls-client-key=%s/key.pem" % lab.stranger], "is broken, or not the key of the certificate in"),
            ("an encrypted key", [good, "tls-client-key=%s/locked.pem" % folder], "is encrypted, and nobody can be asked"),
            ("one as it was before", [good, "tls-client-key=%s/older.pem" % folder], "is encrypted, and nobody can be asked")):
        user = lab.user(*keys)
        state, why = attempt(user)
        test.check(state == "held" and words in why, name, (state, why))
        user.stop_agent()
    free(test, lab, folder)


def free(test, lab, folder):
    key = folder + "/mine.pem"
    shutil.copy(folder + "/locked.pem", key)
    user = lab.user("tls-client-cert=%s/cert.pem" % lab.known, "tls-client-key=" + key)
    user.start_agent()
    identifier = user.submit("taro@odn.example", "hanako@friends.example")
    why = reasons(user.wait_state(identifier, "held"))
    command = re.search(r"openssl pkey -in \S+ -out NEW", why)[0]
    world.run([*command.replace("NEW", key + ".new").split(), "-passin", "pass:kagi"])
    os.replace(key + ".new", key)
    said = " ".join(user.run("queue").split())
    test.check("roampost retry " + identifier in said, "what helps is named", said)
    user.run("retry", identifier)
    test.equal(user.wait_state(identifier, "sent")["state"], "sent", "and helps")
    user.stop_agent()


def key_alone(test, lab):
    user = lab.user("tls-client-key=%s/key.pem" % lab.known)
    done = subprocess.run([program("roampost"), "config", "check"], env=user.env, capture_output=True, text=True)
    test.check(done.returncode != 0 and "a key alone is shown to nobody" in done.stdout + done.stderr, "a key alone is refused",
               done)


PIN = "17204869"
MODULES = glob.glob("/usr/lib/*/softhsm/libsofthsm2.so")


def token(test, lab):
    """A key that never leaves its token (SoftHSM), and a certificate there: by a PKCS#11 URI (RFC 7512)."""
    if not MODULES or not shutil.which("p11tool") or not glob.glob("/usr/lib/*/engines-3/pkcs11.so"):
        test.skip("a token", "SoftHSM, p11tool or OpenSSL's PKCS#11 engine is not installed")
        return
    folder = world.DIR + "/token"
    os.makedirs(folder + "/tokens")
    with open(folder + "/softhsm2.conf", "w") as out:
        out.write("directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n" % folder)
    env = {"SOFTHSM2_CONF": folder + "/softhsm2.conf", "PKCS11_MODULE_PATH": MODULES[0]}
    tools = dict(os.environ, **env)
    world.run(["softhsm2-util", "--init-token", "--free", "--label", "mail", "--pin", PIN, "--so-pin", "12345678"], env=tools)
    world.run(["softhsm2-util", "--import", lab.known + "/key.pem", "--token", "mail", "--label", "taro", "--id", "01",
               "--pin", PIN], env=tools)
    world.run(["p11tool", "--provider", MODULES[0], "--login", "--set-pin=" + PIN, "--write", "--load-certificate",
               lab.known + "/cert.pem", "--label", "taro", "--id", "01", "pkcs11:token=mail"], env=tools)
    uri = "pkcs11:token=mail;object=taro;pin-value=%s"
    for name, keys in (("a key in a token", ["tls-client-cert=%s/cert.pem" % lab.known, "tls-client-key=" + uri % PIN]),
                       ("and its certificate too", ["tls-client-cert=" + uri % PIN])):
        user = lab.user(*keys, env=env)
        test.equal(attempt(user), ("sent", ""), name)
        test.equal(user.stop_agent(), 0, name + ": and the agent ends well")
    pin_in_file(test, lab, folder, env)
    user = lab.user("tls-client-cert=%s/cert.pem" % lab.known, "tls-client-key=" + uri % "9999",
                    env=dict(env, LSAN_OPTIONS=lost_by_engine(folder)))
    state, why = attempt(user)
    test.check(state == "held" and "can't be had from its token" in why and "9999" not in why, "a wrong PIN", (state, why))
    test.equal(user.stop_agent(), 0, "a wrong PIN: and the agent ends well")


def pin_in_file(test, lab, folder, env):
    """The engine repeats a URI in what it says on standard error; so the PIN is not to stand there."""
    with open(folder + "/pin", "w") as out:
        out.write(PIN)
    uri = "pkcs11:token=mail;object=%%s;pin-source=file:%s/pin" % folder
    for name, wanted, suppressed in (("taro", "sent", ""), ("nobody", "held", lost_by_engine(folder))):
        user = lab.user("tls-client-cert=%s/cert.pem" % lab.known, "tls-client-key=" + uri % name,
                        env=dict(env, LSAN_OPTIONS=suppressed))
        test.equal(attempt(user)[0], wanted, "a PIN in a file: %s's key" % name)
        test.equal(user.stop_agent(), 0, "a PIN in a file: the agent ends well")
        test.check(PIN not in user.agent_log(), "a PIN in a file: it is not in the log", user.agent_log())


def lost_by_engine(folder):
    """What OpenSSL's PKCS#11 engine allocates when it is loaded is lost when it is unloaded (OpenSC/libp11#475, up to
    0.4.12), which is when no key comes of it: ENGINE_free(ENGINE_by_id("pkcs11")) alone shows it. The engine being
    gone, only OpenSSL's functions can be named."""
    path = folder + "/suppressions"
    with open(path, "w") as out:
        out.write("leak:RSA_meth_dup\nleak:CRYPTO_zalloc\n")
    return "suppressions=%s:print_suppressions=0" % path


SCENARIOS = [taken, not_taken, alerts, broken_files, key_alone, token]


def main():
    reason = world.why_not()
    if reason:
        tap.skip_all(reason)
    world.enter()
    lab = Lab()
    tap.play(SCENARIOS, lab, after=lab.tidy, failed=world.show_logs)


main()
