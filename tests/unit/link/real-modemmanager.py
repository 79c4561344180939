#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""real-modemmanager.py LINKWATCH: a link that is the port of a modem which a real ModemManager has.

In namespaces of its own, with a modem that answers AT. Prints TAP. Exits 77 where they are not to be had."""
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../../fakes'))
from linkwatch import Watch, fields  # noqa: E402
from modem import Modem  # noqa: E402

DIRECTORY = '/run/mm'
BUS = DIRECTORY + '/bus'
CONF = f'''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={BUS}</listen><policy context="default"><allow user="*"/><allow own="*"/>
<allow send_type="method_call"/><allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/><allow receive_type="method_return"/>
<allow receive_type="error"/><allow receive_type="signal"/></policy></busconfig>'''
# The interface has the name of the port: what a modem of the kernel's is.
PORT = 'modem0'


def sh(command):
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL, timeout=60)


def daemon(argv, log):
    return subprocess.Popen(argv, cwd=DIRECTORY, stdin=subprocess.DEVNULL, stdout=open(f'{DIRECTORY}/{log}', 'ab'), stderr=subprocess.STDOUT)


def call(method, *arguments):
    return subprocess.run(['gdbus', 'call', '--system', '-d', 'org.freedesktop.ModemManager1', '-o', '/org/freedesktop/ModemManager1',
                           '-m', method, *arguments], capture_output=True, text=True, timeout=60)


class Lab:
    def __init__(self):
        sh(f'mount -t tmpfs tmpfs /run; mkdir {DIRECTORY}; ip link set lo up; ip link add {PORT} type veth peer name other; '
           f'ip link set other up; ip link set {PORT} up; ip addr add 10.64.0.7/30 dev {PORT}; ip route add default via 10.64.0.6')
        with open(DIRECTORY + '/bus.conf', 'w') as out:
            out.write(CONF)
        os.environ['DBUS_SYSTEM_BUS_ADDRESS'] = 'unix:path=' + BUS
        os.chdir(DIRECTORY)
        self.modem = Modem(PORT, '44010')
        self.bus = daemon(['dbus-daemon', '--config-file=bus.conf', '--nofork', '--nopidfile'], 'bus.log')
        while not os.path.exists(BUS):
            time.sleep(0.01)
        # Who may enable a modem is polkit's word, which is not there to give it.
        self.polkit = daemon(['/usr/bin/python3', '-m', 'dbusmock', '--system', '--template', 'polkitd'], 'polkit.log')
        sh('gdbus wait --system -t 30 org.freedesktop.PolicyKit1')
        sh('gdbus call --system -d org.freedesktop.PolicyKit1 -o /org/freedesktop/PolicyKit1/Authority '
           '-m org.freedesktop.DBus.Mock.AllowUnknown true')

    def start_manager(self):
        self.manager = daemon(['ModemManager', '--test-enable', '--test-no-udev', '--test-no-suspend-resume', '--no-auto-scan'], 'mm.log')
        sh('gdbus wait --system -t 30 org.freedesktop.ModemManager1')
        answer = call('org.freedesktop.ModemManager1.Test.SetProfile', 'virtual', 'generic', f"['{PORT}']")
        assert answer.returncode == 0, answer.stderr

    def enable(self):
        """It is found at once, and registers when it is enabled."""
        end = time.monotonic() + 20
        while call('org.freedesktop.DBus.ObjectManager.GetManagedObjects').stdout.count('Modem3gpp') == 0:
            assert time.monotonic() < end, 'ModemManager finds no modem'
            time.sleep(0.1)
        number = call('org.freedesktop.DBus.ObjectManager.GetManagedObjects').stdout.split('/Modem/')[1].split("'")[0]
        while (answer := subprocess.run(['gdbus', 'call', '--system', '-d', 'org.freedesktop.ModemManager1', '-o',
                              '/org/freedesktop/ModemManager1/Modem/' + number, '-m', 'org.freedesktop.ModemManager1.Modem.Enable', 'true'],
                             capture_output=True, text=True, timeout=60)).returncode != 0:
            assert time.monotonic() < end, 'the modem can not be enabled: ' + answer.stderr
            time.sleep(0.1)


def test_without_manager(lab, watch):
    _, _, links = watch.until(lambda links: PORT in links, 'the link')
    fields(links[PORT], kind='ethernet', operator=None, roaming=False, metered=False)


def test_registered(lab, watch):
    lab.start_manager()
    lab.enable()
    _, _, links = watch.until(lambda links: links.get(PORT, {}).get('operator'), 'the operator')
    fields(links[PORT], kind='cellular', operator='44010', roaming=False, metered=False, addresses=['10.64.0.7'])


def test_abroad(lab, watch):
    lab.modem.register('26201', True)
    _, _, links = watch.until(lambda links: links[PORT]['roaming'] and links[PORT]['operator'] == '26201', 'the other network')
    fields(links[PORT], metered=True)


def test_started_abroad(lab, watch):
    other = Watch(PROGRAM)
    _, links = other.next()     # the first: it waits for what ModemManager says
    fields(links[PORT], operator='26201', metered=True)
    other.close()


def test_home(lab, watch):
    lab.modem.register('44010', False)
    _, _, links = watch.until(lambda links: not links[PORT]['roaming'] and links[PORT]['operator'] == '44010', 'home again')
    fields(links[PORT], metered=False)


def test_signal_strength_is_no_news(lab, watch):
    watch.drain(1)
    lab.modem.line.sendall(b'\r\n+CIEV: 1,2\r\n')
    watch.quiet(1)


def test_manager_dies(lab, watch):
    lab.manager.kill()
    lab.manager.wait(60)
    _, _, links = watch.until(lambda links: not links[PORT]['operator'], 'nobody tells')
    fields(links[PORT], kind='ethernet', roaming=False)


TESTS = (test_without_manager, test_registered, test_abroad, test_started_abroad, test_home, test_signal_strength_is_no_news, test_manager_dies)


def main():
    lab = Lab()
    os.environ['ROAMPOST_LINKS'] = 'modemmanager;kernel'
    watch = Watch(PROGRAM)
    failed = 0
    print(f'1..{len(TESTS)}', flush=True)
    for number, test in enumerate(TESTS, 1):
        try:
            test(lab, watch)
            print(f'ok {number} - {test.__name__[5:]}', flush=True)
        except Exception as problem:
            failed += 1
            print(f'not ok {number} - {test.__name__[5:]}: {problem}', flush=True)
    watch.close()
    if failed and os.environ.get('KEEP_LOGS'):
        shutil.copytree(DIRECTORY, os.environ['KEEP_LOGS'], dirs_exist_ok=True, ignore=shutil.ignore_patterns('bus', PORT))
    return 1 if failed else 0


def usable():
    user = [] if os.geteuid() == 0 else ['-U', '-r']
    prefix = ['unshare', *user, '-n', '-m', '-p', '--fork', '--kill-child', '--propagation', 'private', '--mount-proc']
    missing = [name for name in ('ModemManager', 'gdbus', 'ip', 'dbus-daemon') if not shutil.which(name)]
    if missing:
        print('1..0 # SKIP not installed: ' + ' '.join(missing))
    elif subprocess.run([*prefix, 'true'], stderr=subprocess.DEVNULL).returncode != 0:
        print('1..0 # SKIP this user may not make namespaces here')
    else:
        return prefix
    return None


if __name__ == '__main__':
    if sys.argv[1] == '--inside':
        PROGRAM = sys.argv[2]
        sys.exit(main())
    os.environ['PATH'] += ':/usr/sbin:/sbin'
    PREFIX = usable()
    if PREFIX is None:
        sys.exit(77)
    os.execvp(PREFIX[0], [*PREFIX, sys.executable, os.path.abspath(sys.argv[0]), '--inside', os.path.abspath(sys.argv[1])])
