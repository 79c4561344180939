# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A modem that answers enough AT (3GPP TS 27.007) for a real ModemManager's generic plugin, on a unix socket.

ModemManager takes it as a virtual port: `ModemManager --test-enable --test-no-udev --no-auto-scan`, in the
socket's directory, then Test.SetProfile(NAME, "generic", [SOCKET])."""
import socket
import threading

FIXED = {
    'I': 'Virtual', '+CGMI': 'Maker', '+CGMM': 'Virtual 3G', '+CGMR': '1.0', '+CGSN': '490154203237518', '+CIMI': '440101234567890',
    '+CPIN?': '+CPIN: READY', '+CSQ': '+CSQ: 20,99', '+GCAP': '+GCAP: +CGSM,+DS,+ES', '+CFUN?': '+CFUN: 1',
    '+CGDCONT=?': '+CGDCONT: (1-3),"IP",,,(0),(0)', '+CGDCONT?': '+CGDCONT: 1,"IP","internet","",0,0', '+WS46=?': '+WS46: (12,22,25)',
    '+CLCK=?': '+CLCK: ("SC")', '+CPMS=?': '+CPMS: ("ME","SM"),("ME","SM"),("ME","SM")', '+CSCS=?': '+CSCS: ("IRA","GSM","UCS2")',
    '+CIND=?': '+CIND: ("signal",(0-5))', '+ICCID': '8981000000000000001',
}
TAKEN = ('+CMEE', '+CREG=', '+CGREG=', '+CFUN=', '+COPS=', '+CMER', '+CGDCONT=', '+CSCS=', '+CMGF', '+CPMS=', '+CNMI', '+CUSD=', '+CLIP', '+CRC=')


class Modem:
    def __init__(self, path, operator):
        self.operator, self.roaming = operator, False
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(5)
        self.line = None
        threading.Thread(target=self.serve, daemon=True).start()

    def state(self):
        return 5 if self.roaming else 1

    def answer(self, command):
        if command in ('+CREG?', '+CGREG?'):
            return f'{command[:-1]}: 2,{self.state()},"00C3","0000BEEF"'
        if command == '+COPS?':
            return f'+COPS: 0,2,"{self.operator}",2'
        return FIXED.get(command)

    def register(self, operator, roaming):
        """Into another network: said unasked, as modems do once they were told to."""
        self.operator, self.roaming = operator, roaming
        for kind in ('+CREG', '+CGREG'):
            self.line.sendall(f'\r\n{kind}: {self.state()},"00C4","0000CAFE"\r\n'.encode())

    def take(self, text):
        command = text[2:].upper()
        answer = self.answer(command)
        known = answer is not None or command[:1] in ('', *'EVXZ&SQ') or command.startswith(TAKEN)
        said = f'\r\n{answer}\r\n' if answer else ''
        self.line.sendall((said + ('\r\nOK\r\n' if known else '\r\nERROR\r\n')).encode())

    def serve(self):
        while True:
            self.line = self.listener.accept()[0]
            rest = b''
            while data := self.line.recv(500):
                *lines, rest = (rest + data).split(b'\r')
                for line in lines:
                    text = line.decode(errors='replace').strip()
                    if text.upper().startswith('AT'):
                        self.take(text)
