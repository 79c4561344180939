#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kernel-links.py LINKWATCH HOOK: the links as the kernel alone tells of them, without NetworkManager.

In a network namespace of its own. Prints TAP. Exits 77 where namespaces are not to be had."""
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../fakes'))
import ownbus  # noqa: E402
from linkwatch import Watch, equal, fields  # noqa: E402


def sh(command):
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL, timeout=60)


class Tun:
    """A tunnel with a carrier: one whose other end somebody holds."""

    def __init__(self, name):
        self.fd = os.open('/dev/net/tun', os.O_RDWR)
        fcntl.ioctl(self.fd, 0x400454ca, struct.pack('16sH', name.encode(), 0x1001))    # TUNSETIFF: IFF_TUN, IFF_NO_PI

    def close(self):
        os.close(self.fd)


def up(watch, interface, condition=lambda link: True):
    _, _, links = watch.until(lambda links: interface in links and condition(links[interface]), interface)
    return links[interface]


def gone(watch, interface):
    watch.until(lambda links: interface not in links, interface + ' gone')


def test_nothing(watch):
    equal(watch.next()[1], {}, 'at first')


def test_own_network_only(watch):
    """What Docker and virtual machines have: a bridge with an address, and no way out."""
    sh('ip link add docker0 type bridge; ip addr add 172.17.0.1/16 dev docker0; ip link set docker0 up')
    sh('ip link add a0 type veth peer name b0; ip link set b0 master docker0; ip link set b0 up; ip link set a0 up')
    sh('ip addr add 192.0.2.7/24 dev a0')
    watch.quiet(0.8)


def test_routes(watch):
    for route in ('default via 192.0.2.1', '10.0.0.0/8 via 192.0.2.1', '192.0.2.0/23 dev a0'):
        sh('ip route add ' + route)
        link = up(watch, 'a0')
        fields(link, kind='ethernet', addresses=['192.0.2.7'], connectivity='unknown', default_ipv4=route.startswith('default'))
        sh('ip route del ' + route)
        gone(watch, 'a0')
    for route in ('192.0.2.128/25 dev a0', '198.51.100.9/32 dev a0'):
        sh('ip route add ' + route)
        watch.quiet(0.6)
        sh('ip route del ' + route)


def test_late_gateway(watch):
    """The gateway answers only later: told then, once."""
    sh('ip route add default via 192.0.2.2 dev a0')
    fields(up(watch, 'a0', lambda link: not link['gateway']), default_ipv4=True)
    sh('ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:99 dev a0')
    fields(up(watch, 'a0', lambda link: link['gateway']), gateway='02:00:00:00:00:99')
    watch.quiet(0.6)


def test_other_gateway(watch):
    """Another device answers in the gateway's place: told though nothing else changes. A gateway that is silent for
    a while, and others on the network, are nothing to tell."""
    sh('ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:09 dev a0; ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:99 dev a0 nud stale')
    sh('ip neigh del 192.0.2.2 dev a0')
    watch.quiet(0.6)
    sh('ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:98 dev a0 nud reachable')
    up(watch, 'a0', lambda link: link['gateway'] == '02:00:00:00:00:98')
    watch.quiet(0.6)


def test_vpn(watch):
    tun = Tun('tun0')
    sh('ip addr add 10.8.0.2/24 dev tun0; ip link set tun0 up')
    watch.quiet(0.6)
    for add, remove in (('ip route add 0.0.0.0/1 dev tun0; ip route add 128.0.0.0/1 dev tun0', 'ip route del 0.0.0.0/1; ip route del 128.0.0.0/1'),
                        ('ip route add default dev tun0 table 77; ip rule add table 77', 'ip route flush table 77; ip rule del table 77')):
        sh(add)
        _, _, links = watch.until(lambda links: 'tun0' in links, add)
        fields(links['tun0'], kind='vpn', addresses=['10.8.0.2'], default_ipv4=True)
        fields(links['a0'], default_ipv4=False)
        sh(remove)
        gone(watch, 'tun0')
    tun.close()


def test_ipv6(watch):
    sh('ip addr add 2001:db8:1::7/64 dev a0 nodad; ip -6 route add default via 2001:db8:1::1 dev a0')
    link = up(watch, 'a0', lambda link: len(link['addresses']) == 2)
    fields(link, addresses=['192.0.2.7', '2001:db8:1::7'], default_ipv6=True)
    sh('ip addr change 2001:db8:1::7/64 dev a0 preferred_lft 0')
    up(watch, 'a0', lambda link: link['addresses'] == ['192.0.2.7'])
    sh('ip addr change 2001:db8:1::7/64 dev a0 preferred_lft forever valid_lft forever')
    up(watch, 'a0', lambda link: len(link['addresses']) == 2)
    started = time.monotonic()
    sh('ip addr add 2001:db8:1::8/64 dev a0')     # tentative until the kernel has looked for a second owner
    up(watch, 'a0', lambda link: len(link['addresses']) == 3)
    print(f'# a tentative address counted after {time.monotonic() - started:.1f} s')
    sh('ip addr del 192.0.2.7/24 dev a0; ip addr del 2001:db8:1::8/64 dev a0')
    fields(up(watch, 'a0', lambda link: link['addresses'] == ['2001:db8:1::7']), default_ipv4=False, default_ipv6=True)


def test_carrier(watch):
    sh('ip link set docker0 down; ip link set b0 down')
    gone(watch, 'a0')
    sh('ip link set docker0 up; ip link set b0 up; ip addr replace 2001:db8:1::7/64 dev a0 nodad; ip -6 route replace default via 2001:db8:1::1 dev a0')
    up(watch, 'a0')


def test_ppp(watch):
    tun = Tun('ppp0')
    sh('ip addr add 192.0.2.77 peer 192.0.2.78 dev ppp0; ip link set ppp0 up')
    subprocess.run([HOOK, 'up'], check=True, timeout=60, stdout=subprocess.PIPE, env={
        'DBUS_SYSTEM_BUS_ADDRESS': os.environ['DBUS_SYSTEM_BUS_ADDRESS'], 'ROAMPOST_RUN': os.environ['ROAMPOST_RUN'], 'PPP_IFACE': 'ppp0', 'PPP_LOCAL': '192.0.2.77', 'PPP_IPPARAM': 'odn'})
    fields(up(watch, 'ppp0'), kind='ppp', addresses=['192.0.2.77'], ppp_peer='odn')
    later = Watch(PROGRAM)
    fields(later.next()[1]['ppp0'], ppp_peer='odn')
    later.close()
    tun.close()     # the interface goes, and nobody says so
    gone(watch, 'ppp0')


def test_started_later(watch):
    other = Watch(PROGRAM)
    started = time.monotonic()
    when, links = other.next()
    equal(list(links), ['a0'], 'links')
    print(f'# {(when - started) * 1000:.0f} ms after the start')
    other.close()


TESTS = (test_nothing, test_own_network_only, test_routes, test_late_gateway, test_other_gateway, test_vpn, test_ipv6, test_carrier, test_ppp,
         test_started_later)


def main():
    os.environ['ROAMPOST_LINKS'] = 'ppp;kernel'
    failed = 0
    sh('ip link set lo up; sysctl -q -w net.ipv6.conf.all.disable_ipv6=0 || true')
    with tempfile.TemporaryDirectory(prefix='roampost-kernel-') as directory:
        os.environ['DBUS_SYSTEM_BUS_ADDRESS'] = f'unix:path={directory}/bus'
        os.environ['ROAMPOST_RUN'] = directory + '/run'
        bus = subprocess.Popen([*ownbus.DAEMON, '--address=' + os.environ['DBUS_SYSTEM_BUS_ADDRESS']],
                               stderr=subprocess.DEVNULL)
        while not os.path.exists(directory + '/bus'):
            time.sleep(0.01)
        watch = Watch(PROGRAM)
        print(f'1..{len(TESTS)}', flush=True)
        for number, test in enumerate(TESTS, 1):
            try:
                test(watch)
                print(f'ok {number} - {test.__name__[5:]}', flush=True)
            except Exception as problem:
                failed += 1
                print(f'not ok {number} - {test.__name__[5:]}: {problem!r}', flush=True)
        watch.close()
        bus.terminate()
        bus.wait(60)
    return 1 if failed else 0


def usable():
    user = [] if os.geteuid() == 0 else ['-U', '-r']
    prefix = ['unshare', *user, '-n', '-p', '--fork', '--kill-child', '--mount-proc']
    if not shutil.which('ip'):
        print('1..0 # SKIP not installed: ip')
    elif subprocess.run([*prefix, 'true'], stderr=subprocess.DEVNULL).returncode != 0:
        print('1..0 # SKIP this user may not make namespaces here')
    elif not os.path.exists('/dev/net/tun'):
        print('1..0 # SKIP there is no /dev/net/tun')
    else:
        return prefix
    return None


if __name__ == '__main__':
    if sys.argv[1] == '--inside':
        PROGRAM, HOOK = sys.argv[2:4]
        sys.exit(main())
    os.environ['PATH'] += ':/usr/sbin:/sbin'
    PREFIX = usable()
    if PREFIX is None:
        sys.exit(77)
    os.execvp(PREFIX[0], [*PREFIX, sys.executable, os.path.abspath(sys.argv[0]), '--inside', *map(os.path.abspath, sys.argv[1:3])])
