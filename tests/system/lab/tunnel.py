# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dial-up line where the kernel has no PPP: two tun devices with a pump between them. Programs
see a point-to-point interface called ppp0 that NetworkManager did not make."""

import fcntl
import os
import select
import struct
import subprocess
import threading

from . import world
from .world import ip

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000


def _tun(netns, name):
    with world.inside(netns):
        descriptor = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return descriptor


class Call:
    """A dialled line: `local` is the address the provider gave us, `remote` its end."""

    def __init__(self, provider, interface):
        line = list(provider.pool4.subnets(new_prefix=30))[-1]
        self.interface, self.provider = interface, provider
        self.remote, self.local = str(line[1]), str(line[2])
        self.ends = _tun(None, interface), _tun(provider.name, "modem0")
        ip(provider.name, "addr add %s peer %s dev modem0" % (self.remote, self.local),
           "link set dev modem0 up")
        ip(None, "addr add %s peer %s dev %s" % (self.local, self.remote, interface),
           "link set dev %s up" % interface, "route add default dev %s" % interface)
        threading.Thread(target=self._pump, daemon=True).start()

    def _pump(self):
        try:
            while True:
                for ready in select.select(self.ends, [], [])[0]:
                    packet = os.read(ready, 65536)
                    os.write(self.ends[ready == self.ends[0]], packet)
        except (OSError, ValueError):
            pass

    def hang_up(self):
        ip(None, "link del dev %s" % self.interface)

    def hook(self, program, what, ipparam):
        """Runs the hook as pppd's ip-up and ip-down scripts do."""
        subprocess.run([program, what, self.interface, "/dev/ttyS0", "57600", self.local,
                        self.remote, ipparam], check=True, timeout=60,
                       env=dict(os.environ, DNS1=self.provider.server4))


def dial(provider, interface):
    return Call(provider, interface)
