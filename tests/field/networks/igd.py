#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router's UPnP, with what it says of its address: igd.py ADDRESS SERVICE=ANSWER... In order, each a service
(WANIPConnection, WANPPPConnection) and what it says; "error" is UPnP's own."""

import http.server
import socket
import struct
import sys
import threading

ADDRESS, SERVICES = sys.argv[1], [word.split("=", 1) for word in sys.argv[2:]]
DEVICE = "urn:schemas-upnp-org:device:"
SERVICE = "<service><serviceType>urn:schemas-upnp-org:service:%s:1</serviceType><serviceId>urn:upnp-org:serviceId:%s</serviceId>" \
    "<controlURL>/control/%s</controlURL><eventSubURL>/event</eventSubURL><SCPDURL>/scpd.xml</SCPDURL></service>"
DESCRIPTION = """<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<device><deviceType>%(d)sInternetGatewayDevice:1</deviceType><friendlyName>x</friendlyName><UDN>uuid:1</UDN><deviceList>
<device><deviceType>%(d)sWANDevice:1</deviceType><UDN>uuid:2</UDN><serviceList>%(common)s</serviceList><deviceList>
<device><deviceType>%(d)sWANConnectionDevice:1</deviceType><UDN>uuid:3</UDN><serviceList>%(services)s</serviceList></device>
</deviceList></device></deviceList></device></root>
"""
ENVELOPE = '<?xml version="1.0"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' \
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>%s</s:Body></s:Envelope>'
TOLD = '<u:GetExternalIPAddressResponse xmlns:u="urn:schemas-upnp-org:service:%s:1"><NewExternalIPAddress>%s' \
    '</NewExternalIPAddress></u:GetExternalIPAddressResponse>'
FAULT = '<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError ' \
    'xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>501</errorCode><errorDescription>Action Failed' \
    '</errorDescription></UPnPError></detail></s:Fault>'


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text):
        octets = text.encode("latin-1")
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def do_GET(self):
        self.answer(200, DESCRIPTION % {
            "d": DEVICE, "common": SERVICE % (("WANCommonInterfaceConfig",) * 3),
            "services": "".join(SERVICE % (name, name, name) for name, _ in SERVICES)})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        name = self.path.rpartition("/")[2]
        said = dict(SERVICES).get(name, "error")
        print("asked", name, said, flush=True)
        if said == "error":
            self.answer(500, ENVELOPE % FAULT)
        else:
            self.answer(200, ENVELOPE % (TOLD % (name, said)))

    def log_message(self, *_):
        pass


def search():
    """Answers M-SEARCH, as SSDP has it."""
    heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    heard.bind(("", 1900))
    heard.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     struct.pack("4s4s", socket.inet_aton("239.255.255.250"), socket.inet_aton(ADDRESS)))
    print("ready", flush=True)
    while True:
        text, peer = heard.recvfrom(2048)
        if b"InternetGatewayDevice:1" in text:
            heard.sendto(("HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: %sInternetGatewayDevice:1\r\nUSN: uuid:1::%s"
                          "InternetGatewayDevice:1\r\nEXT:\r\nSERVER: x\r\nLOCATION: http://%s:5000/root.xml\r\n\r\n" % (
                              DEVICE, DEVICE, ADDRESS)).encode(), peer)


server = http.server.ThreadingHTTPServer((ADDRESS, 5000), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
search()
