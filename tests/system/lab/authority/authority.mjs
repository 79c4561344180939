// SPDX-FileCopyrightText: The roampost authors
// SPDX-License-Identifier: GPL-3.0-or-later
// authority.mjs: a real authorization server (npm's oidc-provider), with its own pages for the login and the
// consent. Refresh tokens are rotated, and using an old one takes back all that came of its login. It listens on
// a port of 127.0.0.1, which it prints first, and where HOST, CERT and KEY say so by TLS on port 443 of HOST too.
//
// Then a line for each question, "begin PATH GRANT" and "end PATH GRANT STATUS". Lines it reads: "hold PATH", and
// questions there wait before they are looked at; "keep PATH", and answers wait; "go", and all that wait go on;
// "last SECONDS", and access tokens do from then on.
import http from 'node:http';
import https from 'node:https';
import fs from 'node:fs';
import readline from 'node:readline';
import Provider from 'oidc-provider';

const held = new Set();
const kept = new Set();
const waiting = [];
let lasts = 3600;
const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [word, path] = line.split(' ');
  if (word === 'hold') held.add(path);
  else if (word === 'keep') kept.add(path);
  else if (word === 'last') lasts = Number(path);
  else {
    held.clear();
    kept.clear();
    waiting.splice(0).forEach((go) => go());
  }
});
lines.on('close', () => process.exit(0));
const wait = () => new Promise((go) => { waiting.push(go); });

async function tell(ctx, next) {
  const { path } = ctx;
  if (held.has(path)) {
    console.log(`begin ${path} held`);
    await wait();
  }
  await next();
  const grant = ctx.oidc?.params?.grant_type ?? '-';
  console.log(`end ${path} ${grant.split(':').pop()} ${ctx.status}`);
  if (kept.has(path)) await wait();
}

const plain = http.createServer();
plain.listen(0, '127.0.0.1', () => {
  const { port } = plain.address();
  const uses = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'];
  const native = { application_type: 'native', grant_types: uses, response_types: ['code'] };
  const provider = new Provider(process.env.HOST ? 'https://login.odn.example' : `http://127.0.0.1:${port}`, {
    clients: [
      { ...native, client_id: 'roampost-test', token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1/'] },
      { ...native, client_id: 'roampost-localhost', token_endpoint_auth_method: 'none', redirect_uris: ['http://localhost/'] },
      { ...native, client_id: 'roampost-secret', client_secret: 'kagi+/= 1', redirect_uris: ['http://127.0.0.1/'],
        token_endpoint_auth_method: 'client_secret_post' },
      { client_id: 'dovecot', client_secret: 'kagi', grant_types: [], response_types: [], redirect_uris: [] },
    ],
    scopes: ['openid', 'offline_access', 'mail'],
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    // An access token is taken back alone, a refresh token with all that came of its login.
    revokeGrantPolicy: (ctx) => !ctx.oidc.entities.AccessToken,
    ttl: { AccessToken: () => lasts },
    cookies: { keys: ['kagi'] },
    async findAccount(ctx, id) {
      return { accountId: id, async claims() { return { sub: id }; } };
    },
  });
  provider.use(tell);
  plain.on('request', provider.callback());
  if (process.env.HOST) {
    const tls = { cert: fs.readFileSync(process.env.CERT), key: fs.readFileSync(process.env.KEY) };
    https.createServer(tls, provider.callback()).listen(443, process.env.HOST, () => console.log(port));
  } else console.log(port);
});
