# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A NetworkManager without a network, as a python-dbusmock template, complete enough for libnm.

    python3 -m dbusmock --system --template tests/fakes/nm_mock.py

Links come and go by calls on /org/freedesktop, interface org.freedesktop.DBus.Mock:

    Up(s interface, s kind, a{sv} options)   kinds: KINDS below; options: id, uuid, addresses (as, "192.0.2.7/24"),
                                             gateway, gateway6, domains (as), ssid, metered (b), connectivity (u),
                                             default (b), external (b: pppd's own, without an active connection),
                                             operator, rsn (u: flags of the access point)
    Change(s interface, a{sv} options)       new addresses, domains, connectivity, metered of a link that is up
    Down(s interface)
    Check(b enabled)                         whether connectivity is checked"""
import dbus
import dbusmock
from dbusmock import MOCK_IFACE

BUS_NAME = 'org.freedesktop.NetworkManager'
MAIN_OBJ = '/org/freedesktop'
MAIN_IFACE = 'org.freedesktop.DBus.ObjectManager'
SYSTEM_BUS = True
IS_OBJECT_MANAGER = True

NM = 'org.freedesktop.NetworkManager'
PATH = '/org/freedesktop/NetworkManager'
PROPERTIES = 'org.freedesktop.DBus.Properties'
NOTHING = dbus.ObjectPath('/')

# kind: (device type, the device's own interface, connection type)
KINDS = {
    'ethernet': (1, 'Wired', '802-3-ethernet'),
    'wifi': (2, 'Wireless', '802-11-wireless'),
    'gsm': (8, 'Modem', 'gsm'),
    'ppp': (23, 'Ppp', 'pppoe'),
    'tun': (16, 'Tun', 'tun'),
    'wireguard': (29, 'WireGuard', 'wireguard'),
    'vpn': (16, 'Tun', 'vpn'),
    'generic': (14, 'Generic', 'generic'),
}
# What Change tells of: only what really changed, as NetworkManager does.
OPTION_PROPERTIES = {'addresses': ['AddressData'], 'domains': ['Domains'], 'gateway': ['Gateway', 'RouteData'], 'gateway6': ['Gateway', 'RouteData']}
DISCONNECTED, ACTIVATED, DEACTIVATING = 30, 100, 110


def path(kind, number):
    return dbus.ObjectPath(f'{PATH}/{kind}/{number}')


def u(number):
    return dbus.UInt32(number)


def dictionary(**values):
    return dbus.Dictionary(values, signature='sv')


def strings(values):
    return dbus.Array(values, signature='s')


def paths(values):
    return dbus.Array(values, signature='o')


def load(mock, parameters):
    mock.links = {}
    mock.number = 0
    mock.AddObject(PATH, NM, {
        'Devices': paths([]), 'AllDevices': paths([]), 'ActiveConnections': paths([]), 'Checkpoints': paths([]),
        'NetworkingEnabled': True, 'WirelessEnabled': True, 'WirelessHardwareEnabled': True, 'WwanEnabled': True,
        'WwanHardwareEnabled': True, 'PrimaryConnection': NOTHING, 'PrimaryConnectionType': '', 'ActivatingConnection': NOTHING,
        'Startup': False, 'Version': '1.42.0', 'Capabilities': dbus.Array([], signature='u'), 'State': u(20),
        'Connectivity': u(4), 'ConnectivityCheckAvailable': True, 'ConnectivityCheckEnabled': False,
        'ConnectivityCheckUri': '', 'Metered': u(4), 'GlobalDnsConfiguration': dictionary(),
    }, [('GetPermissions', '', 'a{ss}', 'ret = dbus.Dictionary({}, signature="ss")')])
    mock.AddObject(PATH + '/Settings', NM + '.Settings',
                   {'Connections': paths([]), 'Hostname': 'mock', 'CanModify': True, 'VersionId': dbus.UInt64(0)},
                   [('ListConnections', '', 'ao', 'ret = dbus.Array([], signature="o")')])
    mock.AddObject(PATH + '/DnsManager', NM + '.DnsManager',
                   {'Mode': 'default', 'RcManager': 'none', 'Configuration': dbus.Array([], signature='a{sv}')}, [])


def update(where, interface, **values):
    thing = dbusmock.get_object(where)
    thing.props[interface].update(values)
    thing.EmitSignal(PROPERTIES, 'PropertiesChanged', 'sa{sv}as', [interface, dictionary(**values), strings([])])


def config_properties(family, options):
    addresses = [text.split('/') for text in options.get('addresses', []) if (':' in text) == (family == 6)]
    gateway = options.get('gateway6' if family == 6 else 'gateway', '')
    routes = [dictionary(dest='::' if family == 6 else '0.0.0.0', prefix=u(0), **{'next-hop': gateway})] if gateway else []
    return {
        'AddressData': dbus.Array([dictionary(address=address, prefix=u(int(length))) for address, length in addresses], signature='a{sv}'),
        'Gateway': gateway, 'RouteData': dbus.Array(routes, signature='a{sv}'), 'NameserverData': dbus.Array([], signature='a{sv}'),
        'Domains': strings(options.get('domains', [])), 'Searches': strings([]),
    }


def add_object(mock, where, interface, properties, **others):
    mock.AddObject(where, interface, properties, [])
    for name, values in others.items():
        dbusmock.get_object(where).AddProperties(f'{NM}.Device.{name}', values)
    mock.object_manager_emit_added(where)


def add_configs(mock, number, options):
    configs = {}
    for family in (4, 6):
        interface = f'{NM}.IP{family}Config'
        properties = config_properties(family, options)
        configs[family] = NOTHING
        if properties['AddressData']:
            configs[family] = path(f'IP{family}Config', number)
            add_object(mock, configs[family], interface, properties)
    return configs


def device_extras(mock, number, own, options):
    if own == 'Modem':
        return {'OperatorCode': options.get('operator', ''), 'DeviceId': '', 'Apn': '', 'ModemCapabilities': u(8), 'CurrentCapabilities': u(8)}
    if own != 'Wireless':
        return {'HwAddress': '02:00:00:00:00:01'}
    point = path('AccessPoint', number)
    add_object(mock, point, NM + '.AccessPoint', {
        'Ssid': dbus.Array(str(options.get('ssid', '')).encode(), signature='y'), 'HwAddress': '02:00:00:00:00:02', 'Mode': u(2),
        'Flags': u(0), 'WpaFlags': u(0), 'RsnFlags': u(int(options.get('rsn', 0))), 'Frequency': u(2412), 'MaxBitrate': u(54000), 'Strength': dbus.Byte(60), 'LastSeen': 1})
    return {'HwAddress': '02:00:00:00:00:01', 'ActiveAccessPoint': point, 'AccessPoints': paths([point]), 'Mode': u(2)}


def announce(mock):
    """The manager's lists, after any change."""
    links = mock.links.values()
    actives = [link['active'] for link in links if link['active'] != NOTHING]
    primary = next((link['active'] for link in links if link['default'] and link['active'] != NOTHING), NOTHING)
    devices = [link['device'] for link in links]
    update(PATH, NM, Devices=paths(devices), AllDevices=paths(devices), ActiveConnections=paths(actives), PrimaryConnection=primary,
           State=u(70 if actives else 20))


def connectivity_properties(options, configs):
    verdict = u(int(options.get('connectivity', 0)))
    return {f'Ip{family}Connectivity': verdict if configs[family] != NOTHING else u(1) for family in (4, 6)}


@dbus.service.method(MOCK_IFACE, in_signature='ssa{sv}', out_signature='o')
def Up(self, interface, kind, options):
    self.number += 1
    number = self.number
    device_type, own, connection_type = KINDS[kind]
    external = bool(options.get('external', False))
    configs = add_configs(self, number, options)
    device = path('Devices', number)
    active = NOTHING if external else path('ActiveConnection', number)
    add_object(self, device, NM + '.Device', {
        'Interface': interface, 'IpInterface': interface, 'DeviceType': u(device_type), 'Managed': True, 'Real': True,
        'State': u(DISCONNECTED if external else ACTIVATED),
        'StateReason': dbus.Struct((u(DISCONNECTED if external else ACTIVATED), u(0)), signature='uu'),
        'Metered': u(1 if options.get('metered') else 4), 'Ip4Config': configs[4], 'Ip6Config': configs[6],
        'ActiveConnection': active, 'AvailableConnections': paths([]), **connectivity_properties(options, configs),
    }, **{own: device_extras(self, number, own, options)})
    if not external:
        default = bool(options.get('default', True))
        add_object(self, active, NM + '.Connection.Active', {
            'Connection': NOTHING, 'SpecificObject': NOTHING, 'Id': options.get('id', interface),
            'Uuid': options.get('uuid', f'00000000-0000-0000-0000-{number:012}'), 'Type': connection_type,
            'Devices': paths([device]), 'State': u(2), 'StateFlags': u(0), 'Default': default and configs[4] != NOTHING,
            'Default6': default and configs[6] != NOTHING, 'Ip4Config': configs[4], 'Ip6Config': configs[6],
            'Vpn': connection_type == 'vpn', 'Master': NOTHING})
    self.links[str(interface)] = {'number': number, 'device': device, 'active': active, 'configs': configs,
                                  'default': bool(options.get('default', True)), 'options': dict(options)}
    announce(self)
    return device


@dbus.service.method(MOCK_IFACE, in_signature='sa{sv}')
def Change(self, interface, options):
    link = self.links[str(interface)]
    link['options'].update(options)
    for family, config in link['configs'].items():
        named = {name for option in options for name in OPTION_PROPERTIES.get(option, ())}
        values = {name: value for name, value in config_properties(family, link['options']).items() if name in named}
        if config != NOTHING and values:
            update(config, f'{NM}.IP{family}Config', **values)
    if 'metered' in options:
        update(link['device'], NM + '.Device', Metered=u(1 if options['metered'] else 4))
    if 'connectivity' in options:
        update(link['device'], NM + '.Device', **connectivity_properties(options, link['configs']))


@dbus.service.method(MOCK_IFACE, in_signature='s')
def Down(self, interface):
    link = self.links.pop(str(interface))
    update(link['device'], NM + '.Device', State=u(DEACTIVATING),
           StateReason=dbus.Struct((u(DEACTIVATING), u(0)), signature='uu'))
    announce(self)
    for where in (link['active'], link['device'], *link['configs'].values(), path('AccessPoint', link['number'])):
        if where != NOTHING and where in dbusmock.mockobject.objects:
            self.object_manager_emit_removed(where)
            self.RemoveObject(where)


@dbus.service.method(MOCK_IFACE, in_signature='b')
def Check(self, enabled):
    update(PATH, NM, ConnectivityCheckEnabled=bool(enabled))
