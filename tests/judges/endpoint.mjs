// Judges the endpoint with programs that others wrote: the audits of graphql-http, and the clients graphql-ws and graphql-sse.
// node endpoint.mjs audit URL | follow URL TOKEN CURSOR | lost URL TOKEN CURSOR | refused URL
import { createRequire } from "node:module";
import net from "node:net";
import { join } from "node:path";

const require = createRequire(join(process.env.JUDGES, "node", "package.json"));
const [, , what, url, token, since] = process.argv;
const query = `subscription($since: FeedCursor) { listingChanges(since: $since) {
  __typename ... on ListingUpserted { listingId version } ... on ListingRemoved { listingId version reason } ... on FeedHeartbeat { cursor } } }`;

async function audit() {
  const { auditServer } = require("graphql-http");
  const results = await auditServer({ url, fetchFn: fetch });
  return results.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
}

/** Events until the feed is caught up. */
async function untilHeartbeat(subscribe) {
  const events = [];
  await new Promise((resolve, reject) => {
    const dispose = subscribe({
      next: ({ data, errors }) => {
        if (errors) reject(new Error(JSON.stringify(errors)));
        events.push(data.listingChanges);
        if (data.listingChanges.__typename === "FeedHeartbeat") { dispose(); resolve(); }
      },
      error: (error) => reject(new Error(`${error?.code} ${error?.reason} ${error?.message}`)),
      complete: resolve,
    });
  });
  return events;
}

async function follow() {
  const ws = require("graphql-ws").createClient({
    url: url.replace("http", "ws"), webSocketImpl: require("ws"), connectionParams: { authorization: `Bearer ${token}` }, keepAlive: 50, retryAttempts: 0, lazyCloseTimeout: 1000,
  });
  let pongs = 0;
  ws.on("pong", () => pongs++);
  const request = { query, variables: { since } };
  const socket = await untilHeartbeat((sink) => ws.subscribe(request, sink));
  // On the same connection, from a cursor of the first.
  const resumed = await untilHeartbeat((sink) => ws.subscribe({ query, variables: { since: socket.at(-1).cursor } }, sink));
  await new Promise((resolve) => setTimeout(resolve, 200));
  await ws.dispose();
  const sse = require("graphql-sse").createClient({ url, headers: { authorization: `Bearer ${token}` }, retryAttempts: 0 });
  const events = await untilHeartbeat((sink) => sse.subscribe(request, sink));
  sse.dispose();
  return { socket, resumed, events, ponged: pongs > 0 };
}

/** Something between client and service that loses every connection when told to. */
async function network() {
  const { hostname, port } = new URL(url);
  const open = new Set();
  let connections = 0;
  const server = net.createServer((client) => {
    connections++;
    const service = net.connect(Number(port), hostname);
    for (const [from, to] of [[client, service], [service, client]]) {
      open.add(from);
      from.on("data", (bytes) => to.write(bytes));
      from.on("error", () => {});
      from.on("close", () => { open.delete(from); to.destroy(); });
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = new URL(url);
  address.port = server.address().port;
  return { url: address.href, connections: () => connections, lose: () => open.forEach((socket) => socket.destroy()) };
}

/** The connection is lost once the feed is caught up, and once more; the client comes back by itself, from its last cursor. */
async function lost() {
  const told = {};
  for (const [name, make] of [
    ["socket", (at) => require("graphql-ws").createClient({
      url: at.replace("http", "ws"), webSocketImpl: require("ws"), connectionParams: { authorization: `Bearer ${token}` }, retryAttempts: 9, shouldRetry: () => true,
    })],
    ["events", (at) => require("graphql-sse").createClient({ url: at, headers: { authorization: `Bearer ${token}` }, retryAttempts: 9 })],
  ]) {
    const between = await network();
    const client = make(between.url);
    const events = [];
    const request = { query, variables: { since } };
    await new Promise((resolve, reject) => {
      let heartbeats = 0;
      client.subscribe(request, {
        next: ({ data, errors }) => {
          if (errors) return reject(new Error(JSON.stringify(errors)));
          const event = data.listingChanges;
          if (event.__typename !== "FeedHeartbeat") return events.push(event);
          request.variables.since = event.cursor;
          if (++heartbeats === 3) return resolve();
          between.lose();
        },
        error: (error) => reject(new Error(`${error?.code} ${error?.reason} ${error?.message}`)),
        complete: () => reject(new Error("it ended")),
      });
    });
    told[name] = { events, connections: between.connections() };
  }
  return told;
}

/** What the client makes of a token that is not valid: it tries again, as someone may give it another. */
async function refused() {
  let tries = 0;
  const ws = require("graphql-ws").createClient({
    url: url.replace("http", "ws"), webSocketImpl: require("ws"), connectionParams: { authorization: "Bearer nonsense" }, retryAttempts: 3,
    on: { connecting: () => tries++ },
  });
  const code = await new Promise((resolve) => ws.subscribe({ query }, { next: () => resolve(0), error: (error) => resolve(error.code), complete: () => resolve(0) }));
  return { code, tries };
}

const done = await { audit, follow, lost, refused }[what]();
process.stdout.write(JSON.stringify(done));
process.exit(0);
