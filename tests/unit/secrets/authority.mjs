// SPDX-FileCopyrightText: The roampost authors
// SPDX-License-Identifier: GPL-3.0-or-later
// authority.mjs: a real authorization server (npm's oidc-provider) on loopback, with its own pages for the
// login and the consent. Refresh tokens are rotated, and using an old one revokes the grant. Prints its port.
import http from 'node:http';
import Provider from 'oidc-provider';

const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{
      client_id: 'roampost-test',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
    }],
    scopes: ['openid', 'offline_access', 'mail'],
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: { AccessToken: Number(process.env.LASTS ?? 3600) },
    async findAccount(ctx, id) {
      return { accountId: id, async claims() { return { sub: id }; } };
    },
  });
  server.on('request', provider.callback());
  console.log(port);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
