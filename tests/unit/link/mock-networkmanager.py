#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""mock-networkmanager.py LINKWATCH: the link sources and a NetworkManager that is only a mock: needs no rights.

Prints TAP. Exits 77 where python3-dbusmock is missing."""
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
FAKES = os.path.join(HERE, '../../fakes')
sys.path.insert(0, FAKES)
from linkwatch import Watch, equal, fields, until_quick  # noqa: E402

BUS_CONF = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path=%s</listen><auth>EXTERNAL</auth><policy context="default"><allow user="*"/><allow own="*"/>
<allow send_type="method_call"/><allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/><allow receive_type="method_return"/>
<allow receive_type="error"/><allow receive_type="signal"/></policy></busconfig>'''


def die_with_parent():
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Mock:
    def __init__(self, directory):
        self.socket = directory + '/bus'
        self.config = directory + '/bus.conf'
        self.log = open(directory + '/log', 'wb')
        with open(self.config, 'w') as out:
            out.write(BUS_CONF % self.socket)
        os.environ['DBUS_SYSTEM_BUS_ADDRESS'] = 'unix:path=' + self.socket

    def daemon(self, argv):
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, preexec_fn=die_with_parent)

    def start_bus(self):
        self.bus = self.daemon(['dbus-daemon', '--config-file=' + self.config, '--nofork', '--nopidfile'])
        while not os.path.exists(self.socket):
            time.sleep(0.01)

    @staticmethod
    def connect(dbus):
        """Between bind and listen the socket is there, and refuses."""
        end = time.monotonic() + 60
        while True:
            try:
                return dbus.bus.BusConnection(os.environ['DBUS_SYSTEM_BUS_ADDRESS'])
            except dbus.DBusException:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def start_nm(self):
        import dbus
        self.nm = self.daemon([sys.executable, '-m', 'dbusmock', '--system', '--template', FAKES + '/nm_mock.py'])
        connection = self.connect(dbus)
        end = time.monotonic() + 60
        while not connection.name_has_owner('org.freedesktop.NetworkManager') and time.monotonic() < end:
            time.sleep(0.02)
        proxy = connection.get_object('org.freedesktop.NetworkManager', '/org/freedesktop', introspect=False)
        self.call = lambda method, signature, *args: proxy.get_dbus_method(method, 'org.freedesktop.DBus.Mock')(*args, signature=signature)

    def up(self, interface, kind, **options):
        self.call('Up', 'ssa{sv}', interface, kind, self.options(options))

    def change(self, interface, **options):
        self.call('Change', 'sa{sv}', interface, self.options(options))

    def down(self, interface):
        self.call('Down', 's', interface)

    @staticmethod
    def options(options):
        import dbus
        lists = {key: dbus.Array(value, signature='s') for key, value in options.items() if isinstance(value, list)}
        return dbus.Dictionary({**options, **lists}, signature='sv')

    @staticmethod
    def stop(process):
        process.terminate()
        process.wait(60)


def test_before_the_bus(mock, watch):
    when, links = watch.next()
    equal(links, {}, 'at first')
    mock.start_bus()
    mock.start_nm()
    watch.quiet(0.8)


KINDS = (
    ('eth0', 'ethernet', 'ethernet', {}),
    ('wlan0', 'wifi', 'wifi', {'ssid': 'Café WLAN'}),
    ('wlan1', 'wifi', 'wifi', {'ssid': 'Home', 'rsn': 0x188}),    # pair and group CCMP, PSK
    ('wlan2', 'wifi', 'wifi', {'ssid': 'Campus', 'rsn': 0x288}),    # 802.1X
    ('wwan0', 'gsm', 'cellular', {'operator': '44010'}),
    ('ppp1', 'ppp', 'ppp', {}),
    ('tun0', 'tun', 'vpn', {}),
    ('wg0', 'wireguard', 'vpn', {}),
    ('gen0', 'generic', 'other', {}),
)


def test_kinds(mock, watch):
    for interface, kind, want, more in KINDS:
        mock.up(interface, kind, addresses=['192.0.2.7/24', '2001:db8::7/64', 'fe80::1/64'], gateway='192.0.2.1', id='Net ' + kind,
                domains=['a.example', 'b.example'], **more)
        _, _, links = watch.until(lambda links: interface in links, interface)
        fields(links[interface], kind=want, addresses=['192.0.2.7', '2001:db8::7'], nm_connection='Net ' + kind, ssid=more.get('ssid'),
               operator=more.get('operator'), open=kind == 'wifi' and 'rsn' not in more, dns_domains=['a.example', 'b.example'], default_ipv4=True, connectivity='unknown')
        mock.down(interface)
        watch.until(lambda links: not links, interface + ' down')


def test_no_links(mock, watch):
    mock.up('docker0', 'generic', addresses=['172.17.0.1/16'])
    mock.up('local0', 'ethernet', addresses=['fe80::1/64'], gateway6='fe80::2')
    watch.quiet(0.8)
    mock.down('docker0')
    mock.down('local0')
    watch.quiet(0.8)


def test_external_ppp(mock, watch):
    mock.up('ppp0', 'ppp', addresses=['203.0.113.9/32'], external=True)
    _, _, links = watch.until(lambda links: 'ppp0' in links, 'an external line')
    fields(links['ppp0'], kind='ppp', addresses=['203.0.113.9'], nm_connection=None)
    mock.down('ppp0')
    watch.until(lambda links: not links, 'ppp0 down')


def test_changes(mock, watch):
    mock.up('wlan0', 'wifi', addresses=['192.0.2.7/24'], gateway='192.0.2.1', ssid='A')
    watch.until(lambda links: 'wlan0' in links, 'up')
    for change, want in (({'addresses': ['192.0.2.8/24']}, {'addresses': ['192.0.2.8']}), ({'domains': ['new.example']}, {'dns_domains': ['new.example']}),
                         ({'metered': True}, {'metered': True})):
        mock.change('wlan0', **change)
        number, _, links = watch.until(lambda links: True, str(change))
        fields(links['wlan0'], **want)
    mock.change('wlan0', metered=True)
    watch.quiet(0.8)
    mock.down('wlan0')
    watch.until(lambda links: not links, 'down')


def test_vpn_plugin(mock, watch):
    """A plugin's connection names the device below; its addresses say which tunnel is meant."""
    mock.up('wlan0', 'wifi', addresses=['192.0.2.7/24'], gateway='192.0.2.1', default=False)
    mock.up('tun0', 'vpn', addresses=['10.8.0.2/24'], gateway='10.8.0.1', id='Work')
    _, _, links = watch.until(lambda links: len(links) == 2, 'both')
    fields(links['tun0'], kind='vpn', nm_connection='Work', default_ipv4=True)
    fields(links['wlan0'], default_ipv4=False)
    mock.down('tun0')
    mock.down('wlan0')
    watch.until(lambda links: not links, 'both down')


def test_connectivity(mock, watch):
    mock.call('Check', 'b', True)
    for verdict, want in ((2, 'portal'), (3, 'limited'), (4, 'full')):
        mock.up('wlan0', 'wifi', addresses=['192.0.2.7/24'], gateway='192.0.2.1')
        equal(watch.next()[1], {}, 'while it is checked')
        watch.quiet(0.6)
        mock.change('wlan0', connectivity=verdict)
        number, _, links = watch.until(lambda links: 'wlan0' in links, want)
        equal(number, 1, 'deliveries')
        fields(links['wlan0'], connectivity=want)
        mock.down('wlan0')
        watch.until(lambda links: not links, 'down')
    mock.call('Check', 'b', False)


def test_storm(mock, watch):
    def storm():
        for _ in range(20):
            mock.up('wlan0', 'wifi', addresses=['192.0.2.7/24'], gateway='192.0.2.1')
            time.sleep(0.05)
            mock.down('wlan0')
            time.sleep(0.05)
        time.sleep(1.2)
        number = watch.lines.qsize()
        equal(watch.drain() or {}, {}, 'after the storm')
        return f'{number} delivered' if number > 4 else None
    until_quick(storm, 'a storm')


def test_restarts(mock, watch):
    mock.up('wlan0', 'wifi', addresses=['192.0.2.7/24'], gateway='192.0.2.1')
    watch.until(lambda links: 'wlan0' in links, 'up')
    mock.stop(mock.nm)
    watch.until(lambda links: not links, 'NetworkManager is gone')
    mock.start_nm()
    watch.quiet(0.5)
    mock.up('wlan0', 'wifi', addresses=['192.0.2.7/24'], gateway='192.0.2.1')
    watch.until(lambda links: 'wlan0' in links, 'up again')
    mock.stop(mock.bus)
    mock.stop(mock.nm)
    watch.until(lambda links: not links, 'the bus is gone')
    mock.start_bus()
    mock.start_nm()
    mock.up('wlan0', 'wifi', addresses=['192.0.2.7/24'], gateway='192.0.2.1')
    watch.until(lambda links: 'wlan0' in links, 'up after the bus came back')


def test_rescan(mock, watch):
    watch.process.stdin.write('rescan\n')
    _, _, links = watch.until(lambda links: True, 'delivered again')
    equal(list(links), ['wlan0'], 'links')
    watch.quiet(0.8)


TESTS = (test_before_the_bus, test_kinds, test_no_links, test_external_ppp, test_changes, test_vpn_plugin, test_connectivity, test_storm,
         test_restarts, test_rescan)


def main():
    if not importlib.util.find_spec('dbusmock') or not importlib.util.find_spec('dbus'):
        print('1..0 # SKIP python3-dbusmock is not installed')
        return 77
    os.environ['ROAMPOST_LINKS'] = 'networkmanager;ppp'
    failed = 0
    with tempfile.TemporaryDirectory(prefix='roampost-mock-') as directory:
        mock = Mock(directory)
        watch = Watch(sys.argv[1])
        print(f'1..{len(TESTS)}', flush=True)
        for number, test in enumerate(TESTS, 1):
            try:
                test(mock, watch)
                print(f'ok {number} - {test.__name__[5:]}', flush=True)
            except Exception as problem:
                failed += 1
                print(f'not ok {number} - {test.__name__[5:]}: {problem!r}', flush=True)
        watch.close()
        for process in (mock.nm, mock.bus):
            mock.stop(process)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
