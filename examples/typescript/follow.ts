// Keeps a copy of the OCOP catalog: a snapshot, then every change as it is committed.
//
//   OCOP_URL=https://ocop.example.vn OCOP_KEY=ocop_… node follow.ts catalog.json [--once]
//
// `--once` ends after everything up to now was told. Types come from the schema: `npm run generate`.

import { readFile, rename, writeFile } from "node:fs/promises";
import { createClient } from "graphql-ws";
import type { FollowSubscription, FollowSubscriptionVariables, SnapshotQuery, SnapshotQueryVariables } from "./generated.ts";

type Held = { version: number; title?: string; stars?: number | null; price?: string };
type Copy = { cursor: string; listings: Record<string, Held> };
type Event = FollowSubscription["listingChanges"];

const url = (process.env.OCOP_URL ?? "").replace(/\/$/, "");
const key = process.env.OCOP_KEY ?? "";
const [file = "catalog.json", once] = process.argv.slice(2);
const here = new URL(".", import.meta.url);
const feed = await readFile(new URL("../../docs/queries/feed.graphql", here), "utf8");
const follow = await readFile(new URL("follow.graphql", here), "utf8");

async function page(variables: SnapshotQueryVariables): Promise<SnapshotQuery["listingSnapshot"]> {
  const answer = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ query: feed, operationName: "Snapshot", variables }),
  });
  const { data, errors } = (await answer.json()) as { data?: SnapshotQuery; errors?: { message: string }[] };
  if (!data || errors) throw new Error(errors?.[0]?.message ?? `answered ${answer.status}`);
  return data.listingSnapshot;
}

async function snapshot(): Promise<Copy> {
  const listings: Copy["listings"] = {};
  for (let after: string | null = null; ; ) {
    const { listings: found, asOf, endCursor, hasMore } = await page({ after, first: 250 });
    for (const { id, feedVersion, title, stars, price } of found) {
      listings[id] = { version: feedVersion, title, stars: stars ?? null, price: price.amount };
    }
    if (!hasMore) return { cursor: asOf, listings };
    after = endCursor;
  }
}

async function save(copy: Copy): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(copy));
  await rename(`${file}.new`, file);
}

// Newer versions win, whatever their order; what is gone keeps its version, so that an older message does not bring it back.
function apply(copy: Copy, event: Extract<Event, { listingId: string }>): void {
  const known = copy.listings[event.listingId]?.version ?? 0;
  if (event.version > known) {
    copy.listings[event.listingId] =
      event.__typename === "ListingUpserted"
        ? { version: event.version, title: event.listing.title, stars: event.listing.stars ?? null, price: event.listing.price.amount }
        : { version: event.version };
  }
  copy.cursor = event.cursor;
}

// Returns at a heartbeat when it is run once, or when a snapshot has to be taken.
async function followFrom(copy: Copy): Promise<"snapshot" | "done"> {
  const client = createClient({
    url: `${url.replace(/^http/, "ws")}/graphql`,
    connectionParams: { authorization: `Bearer ${key}` },
    // We connect again ourselves, from the cursor that was kept.
    retryAttempts: 0,
  });
  const variables: FollowSubscriptionVariables = { since: copy.cursor };
  try {
    for await (const { data, errors } of client.iterate<FollowSubscription>({ query: follow, variables })) {
      if (errors || !data) throw new Error(errors?.[0]?.message ?? "no data");
      const event = data.listingChanges;
      switch (event.__typename) {
        case "FeedRestart":
          return "snapshot";
        case "FeedHeartbeat":
          copy.cursor = event.cursor;
          break;
        default:
          apply(copy, event);
      }
      await save(copy);
      if (once && event.__typename === "FeedHeartbeat") return "done";
    }
  } finally {
    await client.dispose();
  }
  return "done";
}

let copy: Copy = await readFile(file, "utf8").then((text): Copy => JSON.parse(text), snapshot);
await save(copy);
for (;;) {
  try {
    if ((await followFrom(copy)) === "snapshot") copy = await snapshot();
    else if (once) break;
  } catch (error) {
    if (once) throw error;
    console.error("connecting again:", error);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
