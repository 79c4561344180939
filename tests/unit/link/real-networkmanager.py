#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""real-networkmanager.py LINKWATCH HOOK: the link sources beside a real NetworkManager.

In namespaces of its own: a bus, NetworkManager, two providers at the other ends of two veth pairs.
Prints TAP. Exits 77 where namespaces or NetworkManager are not to be had."""
import json
import os
import queue
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../fakes'))
from linkwatch import Watch, equal, fields, until_quick  # noqa: E402

BUS = '/run/dbus/system_bus_socket'
POLICY = '''<policy context="default"><allow user="*"/><allow own="*"/>
<allow send_type="method_call"/><allow send_type="signal"/>
<allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/>
<allow receive_type="method_call"/><allow receive_type="method_return"/>
<allow receive_type="error"/><allow receive_type="signal"/></policy>'''
NM_CONF = '''[main]
plugins=keyfile
dhcp=internal
dns=none
rc-manager=unmanaged
auth-polkit=false
no-auto-default=*
configure-and-quit=no
systemd-resolved=false
hostname-mode=none
[keyfile]
path=/run/nm/con
[connectivity]
%s
[logging]
level=INFO
backend=syslog
'''
PROFILES = {
    'provider-a': ('p1', 'address1=203.0.113.7/24,203.0.113.1\nmethod=manual\ndns-search=a.example;', 'method=disabled', ''),
    'provider-b': ('p2', 'address1=198.51.100.7/24,198.51.100.1\nmethod=manual', 'method=disabled', 'metered=1'),
    'provider-six': ('p1', 'method=disabled', 'address1=2001:db8:1::7/64,2001:db8:1::1\nmethod=manual', ''),
    'provider-dhcp': ('p2', 'method=auto', 'method=disabled', ''),
    'island': ('p2', 'address1=10.9.9.9/24\nmethod=manual', 'method=disabled', ''),
}


def sh(command, **kwargs):
    return subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL, timeout=60, **kwargs)


def daemon(argv, log):
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=open('/run/nm/log/' + log, 'ab'), stderr=subprocess.STDOUT)


def down(name):
    """Without nmcli's own wait, which misses the end of a connection now and then: the watch that follows
    tells it."""
    sh('nmcli --wait 0 con down ' + name)


def stop(process):
    process.terminate()
    process.wait(60)


def wait_for(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError('waited for ' + what)
        time.sleep(0.02)


class Lab:
    def prepare(self):
        sh('mount -t sysfs -o ro sysfs /sys 2>/dev/null || mount -o remount,ro /sys')
        for directory in ('/run', '/etc/NetworkManager', '/var/lib/NetworkManager'):
            sh('mount -t tmpfs tmpfs ' + directory)
        for directory in ('/run/NetworkManager', '/run/netns', '/run/dbus', '/run/nm/conf.d', '/run/nm/con', '/run/nm/state', '/run/nm/log', '/run/lock'):
            os.makedirs(directory, exist_ok=True)
        sh('ip link set lo up')
        for number, networks in ((1, ('203.0.113.1/24', '2001:db8:1::1/64')), (2, ('198.51.100.1/24',))):
            sh(f'ip netns add isp{number}; ip link add p{number} type veth peer name wan netns isp{number}')
            for network in networks:
                sh(f'ip -n isp{number} addr add {network} dev wan' + (' nodad' if ':' in network else ''))
            sh(f'ip -n isp{number} link set wan up; ip -n isp{number} link set lo up')
        for name, (interface, ipv4, ipv6, more) in PROFILES.items():
            path = f'/run/nm/con/{name}.nmconnection'
            with open(path, 'w') as out:
                out.write(f'[connection]\nid={name}\nuuid={self.uuid(name)}\ntype=ethernet\ninterface-name={interface}\n'
                          f'autoconnect=false\n{more}\n[ipv4]\n{ipv4}\n[ipv6]\n{ipv6}\n')
            os.chmod(path, 0o600)
        os.environ['DBUS_SYSTEM_BUS_ADDRESS'] = 'unix:path=' + BUS

    @staticmethod
    def uuid(name):
        return f'00000000-0000-4000-8000-{list(PROFILES).index(name) + 1:012}'

    def start_bus(self):
        with open('/run/nm/bus.conf', 'w') as out:
            out.write('<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" '
                      '"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">\n<busconfig><type>system</type>'
                      f'<listen>unix:path={BUS}</listen>{POLICY}</busconfig>')
        self.bus = daemon(['dbus-daemon', '--config-file=/run/nm/bus.conf', '--nofork', '--nopidfile'], 'dbus')

    def start_nm(self, connectivity='enabled=false'):
        with open('/run/nm/nm.conf', 'w') as out:
            out.write(NM_CONF % connectivity)
        self.nm = daemon(['NetworkManager', '-n', '--config=/run/nm/nm.conf', '--config-dir=/run/nm/conf.d',
                          '--system-config-dir=/run/nm/conf.d', '--intern-config=/run/nm/state/intern.conf',
                          '--state-file=/run/nm/state/state', '--pid-file=/run/nm/nm.pid', '--debug'], 'nm')
        wait_for(lambda: subprocess.run(['nmcli', '-t', '-f', 'RUNNING', 'general'], capture_output=True).stdout.startswith(b'running'),
                 'NetworkManager')


def timed(what, command, back, watch, condition, at_most=0.9):
    """The delivery's distance from the command's end: the settling time and what nmcli's own end takes.
    `back`: what takes it back, for another try."""
    last = {}

    def attempt():
        if last:
            sh(back)
            watch.drain()
        started = time.monotonic()
        sh(command)
        number, when, last['links'] = watch.until(condition, what)
        took = when - started
        print(f'# {what}: {number} delivered, {took * 1000:.0f} ms after the command began')
        return None if number == 1 and took < at_most + 1.5 else f'{number} delivered, the last after {took:.1f} s'
    until_quick(attempt, what)
    return last['links']


def test_agent_first(lab, watch):
    _, links = watch.next()
    equal(links, {}, 'before anything is up')
    lab.start_bus()
    lab.start_nm()
    watch.quiet(1)


def test_up(lab, watch):
    links = timed('up', 'nmcli con up provider-a', 'nmcli con down provider-a', watch, lambda links: 'p1' in links)
    fields(links['p1'], kind='ethernet', addresses=['203.0.113.7'], nm_connection='provider-a', uuid=lab.uuid('provider-a'),
           metered=False, connectivity='unknown', default_ipv4=True, default_ipv6=False, dns_domains=['a.example'])
    mac = subprocess.run(['ip', '-n', 'isp1', '-j', 'link', 'show', 'wan'], capture_output=True, check=True).stdout
    equal(links['p1']['gateway'], json.loads(mac)[0]['address'], 'the gateway')


def test_two_at_once(lab, watch):
    links = timed('second up', 'nmcli con up provider-b', 'nmcli con down provider-b', watch, lambda links: 'p2' in links)
    equal(sorted(links), ['p1', 'p2'], 'links')
    fields(links['p1'], default_ipv4=True)
    fields(links['p2'], default_ipv4=False, metered=True, nm_connection='provider-b')


def test_started_with_links_up(lab, watch):
    def attempt():
        other = Watch(PROGRAM)
        started = time.monotonic()
        when, links = other.next()
        other.close()
        equal(sorted(links), ['p1', 'p2'], 'links at the start')
        fields(links['p1'], nm_connection='provider-a')
        print(f'# {(when - started) * 1000:.0f} ms after the start')
        return None if when - started < 0.9 else f'{when - started:.1f} s'
    until_quick(attempt, 'started with links up')


def test_switch(lab, watch):
    links = timed('down', 'nmcli con down provider-a', 'nmcli con up provider-a', watch, lambda links: 'p1' not in links)
    fields(links['p2'], default_ipv4=True)
    links = timed('a switch', 'nmcli con up provider-a & nmcli con down provider-b; wait',
                  'nmcli con up provider-b; nmcli con down provider-a', watch,
                  lambda links: sorted(links) == ['p1'])
    fields(links['p1'], default_ipv4=True, nm_connection='provider-a')


def test_flapping(lab, watch):
    def flap():
        for _ in range(4):
            sh('nmcli con down provider-a; nmcli con up provider-a')
        time.sleep(1.5)
        number = watch.lines.qsize()
        last = watch.drain()
        equal({'p1'} if last is None else set(last), {'p1'}, 'after flapping')
        return f'{number} delivered' if number > 4 else None
    until_quick(flap, 'flapping')


def test_address_change(lab, watch):
    sh('nmcli con mod provider-a ipv4.addresses 203.0.113.8/24; nmcli dev reapply p1')
    _, _, links = watch.until(lambda links: links['p1']['addresses'] == ['203.0.113.8'], 'the new address')
    fields(links['p1'], default_ipv4=True)
    sh('nmcli con mod provider-a ipv4.addresses 203.0.113.7/24; nmcli dev reapply p1')
    watch.until(lambda links: links['p1']['addresses'] == ['203.0.113.7'], 'the old address')
    watch.quiet(0.5)


def test_no_links(lab, watch):
    sh('nmcli con up island; ip link add virbr7 type bridge; ip addr add 192.168.122.1/24 dev virbr7; ip link set virbr7 up; '
       'ip link add own7 type veth peer name own8; ip addr add 172.17.0.1/16 dev own7; ip link set own7 up; ip link set own8 up')
    watch.quiet(1)
    sh('ip link del virbr7; ip link del own7; nmcli con down island')
    watch.quiet(1)


def test_ipv6_only(lab, watch):
    def attempt():
        sh('nmcli con up provider-six')
        number, _, links = watch.until(lambda links: links.get('p1', {}).get('nm-connection') == 'provider-six', 'IPv6 only')
        links = watch.drain() or links
        fields(links['p1'], addresses=['2001:db8:1::7'], default_ipv4=False, default_ipv6=True)
        assert links['p1']['gateway']
        sh('nmcli con up provider-a')
        watch.until(lambda links: links.get('p1', {}).get('nm-connection') == 'provider-a', 'IPv4 again')
        watch.drain()
        # the old address goes at once, the new one waits for its DAD
        return f'{number} delivered' if number > 2 else None
    until_quick(attempt, 'IPv6 only')


def test_dhcp(lab, watch):
    down('provider-a')
    watch.until(lambda links: 'p1' not in links, 'p1 down')
    server = daemon(['ip', 'netns', 'exec', 'isp2', 'dnsmasq', '--no-daemon', '--port=0', '--interface=wan', '--bind-interfaces', '--no-ping',
                     '--dhcp-range=198.51.100.50,198.51.100.60,2m', '--dhcp-leasefile=/run/nm/leases', '--no-resolv', '--no-hosts',
                     '--conf-file=/dev/null', '--dhcp-option=option:domain-name,b.example', '--dhcp-option-force=224,spot-7',
                     '--dhcp-option=option:dns-server,198.51.100.1,198.51.100.2'], 'dnsmasq')
    sh('nmcli con up provider-dhcp')
    _, _, links = watch.until(lambda links: links.get('p2', {}).get('dhcp-options'), 'a lease')
    for option in ('dhcp_server_identifier=198.51.100.1', 'domain_name=b.example', 'domain_name_servers=198.51.100.2',
                   'domain_name_servers=198.51.100.1 198.51.100.2', 'routers=198.51.100.1'):
        assert option in links['p2']['dhcp-options'], f'{option} in {links["p2"]["dhcp-options"]}'
    private = [option for option in links['p2']['dhcp-options'] if option.startswith('private_224=')]
    assert private, links['p2']['dhcp-options']
    assert not any('expiry' in option or 'lease' in option for option in links['p2']['dhcp-options']), links['p2']['dhcp-options']
    sh('nmcli con down provider-dhcp')
    stop(server)
    sh('nmcli con up provider-a')
    watch.until(lambda links: list(links) == ['p1'], 'as before')
    watch.drain()


def again(watch, what):
    """Whatever is delivered meanwhile, at the end the connection is known, as it was all the time."""
    links = {'p1': {'nm-connection': 'provider-a', 'addresses': ['203.0.113.7']}}
    try:
        while True:
            links = watch.next(2)[1]
    except queue.Empty:
        pass
    equal(links.get('p1', {}).get('nm-connection'), 'provider-a', what)
    equal(links['p1']['addresses'], ['203.0.113.7'], what)


def test_restart_nm(lab, watch):
    stop(lab.nm)
    again(watch, 'without NetworkManager, for a while')
    lab.start_nm()
    again(watch, 'NetworkManager again')


def test_restart_bus(lab, watch):
    stop(lab.bus)
    stop(lab.nm)    # which systemd does to it
    again(watch, 'without the bus, for a while')
    lab.start_bus()
    lab.start_nm()
    again(watch, 'bus and NetworkManager again')


def hook(*arguments, **environment):
    def attempt():
        started = time.monotonic()
        variables = {'DBUS_SYSTEM_BUS_ADDRESS': os.environ['DBUS_SYSTEM_BUS_ADDRESS'], **environment}
        subprocess.run([HOOK, *arguments], env=variables, check=True, timeout=60, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        took = time.monotonic() - started
        print(f'# the hook held pppd up for {took * 1000:.0f} ms')
        return None if took < 1.5 else f'{took:.1f} s'
    until_quick(attempt, 'the child stays for 2 s: pppd is not kept that long')


def test_ppp(lab, watch):
    sh('ip tuntap add ppp7 mode tun; ip addr add 192.0.2.77 peer 192.0.2.1 dev ppp7; ip link set ppp7 up')
    holder = os.open('/dev/net/tun', os.O_RDWR)
    import fcntl
    import struct
    fcntl.ioctl(holder, 0x400454ca, struct.pack('16sH', b'ppp7', 1))    # TUNSETIFF: gives it its carrier
    hook('up', PPP_IFACE='ppp7', PPP_LOCAL='192.0.2.77', PPP_REMOTE='192.0.2.1', PPP_IPPARAM='provider-p', DNS1='192.0.2.53')
    _, _, links = watch.until(lambda links: links.get('ppp7', {}).get('ppp-peer'), 'the ppp line')
    fields(links['ppp7'], kind='ppp', ppp_peer='provider-p', addresses=['192.0.2.77'])
    hook('down', 'ppp7', '', '115200', '192.0.2.77', '192.0.2.1', 'provider-p')
    watch.until(lambda links: 'ppp7' not in links or not links['ppp7']['ppp-peer'], 'the line is down')
    hook('up', 'ppp7', '', '115200', '192.0.2.77', '192.0.2.1', 'provider-p')
    watch.until(lambda links: links.get('ppp7', {}).get('ppp-peer') == 'provider-p', 'the line again')
    os.close(holder)
    sh('ip link del ppp7')
    watch.until(lambda links: 'ppp7' not in links, 'the interface is gone')


CHECKER = '''
import http.server, sys, time
delay, portal = float(sys.argv[2]), sys.argv[3] == 'portal'
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(delay)
        self.send_response(302 if portal else 200)
        if portal: self.send_header('Location', 'http://203.0.113.1/login')
        self.end_headers()
        if not portal: self.wfile.write(b'NetworkManager is online')
server = http.server.HTTPServer((sys.argv[1], 80), Handler)
open('/run/nm/checks', 'w').close()
server.serve_forever()
'''


def test_connectivity(lab, watch):
    down('provider-a')
    watch.until(lambda links: not links, 'all down')
    stop(lab.nm)
    lab.start_nm('enabled=true\nuri=http://203.0.113.1/check\ninterval=300\ntimeout=30')
    for delay, kind, want, least, most in ((0.05, 'online', 'full', 0.3, 2), (1.5, 'portal', 'portal', 1.4, 4), (25, 'online', 'unknown', 4.9, 6.5)):
        def attempt():
            checker = daemon(['ip', 'netns', 'exec', 'isp1', sys.executable, '-c', CHECKER, '203.0.113.1', str(delay), kind], 'checker')
            wait_for(lambda: os.path.exists('/run/nm/checks'), 'the checker')
            os.unlink('/run/nm/checks')
            started = time.monotonic()
            sh('nmcli con up provider-a')
            number, when, links = watch.until(lambda links: 'p1' in links, 'a verdict')
            took, verdict = when - started, links['p1']['connectivity']
            print(f'# verdict {verdict} after {took:.2f} s')
            down('provider-a')
            watch.until(lambda links: not links, 'all down')
            stop(checker)
            assert least <= took, f'{took} s'
            # that it is checked, and the verdict
            return None if verdict == want and number <= 2 and took <= most else f'{verdict}, {number} delivered, after {took:.1f} s'
        until_quick(attempt, 'the verdict ' + want)
    stop(lab.nm)
    lab.start_nm()


def wakeups(pid):
    total = 0
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/status') as status:
            total += sum(int(line.split()[1]) for line in status if 'ctxt_switches' in line)
    return total


def test_asleep(lab, watch):
    time.sleep(1)

    def attempt():
        before = wakeups(watch.process.pid)
        time.sleep(5)
        after = wakeups(watch.process.pid)
        print(f'# {after - before} context switches in 5 s')
        return None if after == before else f'{after - before} context switches'
    until_quick(attempt, 'asleep while nothing happens')


TESTS = (test_agent_first, test_up, test_two_at_once, test_started_with_links_up, test_switch, test_flapping, test_address_change,
         test_no_links, test_ipv6_only, test_dhcp, test_restart_nm, test_restart_bus, test_ppp, test_asleep, test_connectivity)


def main():
    lab = Lab()
    lab.prepare()
    watch = Watch(PROGRAM)
    failed = 0
    print(f'1..{len(TESTS)}', flush=True)
    only = os.environ.get('ONLY', '').split()
    for number, test in enumerate(TESTS, 1):
        if only and test.__name__[5:] not in only:
            continue
        started = time.monotonic()
        try:
            test(lab, watch)
            print(f'ok {number} - {test.__name__[5:]} # {time.monotonic() - started:.1f} s', flush=True)
        except Exception as problem:
            failed += 1
            print(f'not ok {number} - {test.__name__[5:]}: {problem}', flush=True)
    watch.close()
    if failed and os.environ.get('KEEP_LOGS'):
        shutil.copytree('/run/nm/log', os.environ['KEEP_LOGS'], dirs_exist_ok=True)
    return 1 if failed else 0


def usable():
    user = [] if os.geteuid() == 0 else ['-U', '-r']
    prefix = ['unshare', *user, '-n', '-m', '-p', '--fork', '--kill-child', '--propagation', 'private', '--mount-proc']
    missing = [name for name in ('NetworkManager', 'nmcli', 'ip', 'dbus-daemon') if not shutil.which(name, path=os.environ['PATH'] + ':/usr/sbin:/sbin')]
    if missing:
        print('1..0 # SKIP not installed: ' + ' '.join(missing))
    elif subprocess.run([*prefix, 'true'], stderr=subprocess.DEVNULL).returncode != 0:
        print('1..0 # SKIP this user may not make namespaces here')
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
