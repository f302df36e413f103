import type { Server } from 'node:http';

/** Binds to 127.0.0.1 only and answers the base URL, without a slash at its end. Port 0 or absent: any free one. */
export function listenOnLoopback(server: Server, port = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the server has no TCP address'));
      else resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}

/** Stops listening and ends the connections that clients keep open. Closing twice is closing once. */
export function closeServer(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
