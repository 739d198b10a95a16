// WooCommerce REST v3, judged by npm `@woocommerce/woocommerce-rest-api`: its own signing of the request that came.
import { createRequire } from "node:module";
import { Judge, Refused, serve } from "./judge.mjs";

const require = createRequire(`${process.env.JUDGES}/node/`);
const Api = require("@woocommerce/woocommerce-rest-api").default;
const OAuth = createRequire(require.resolve("@woocommerce/woocommerce-rest-api"))("oauth-1.0a");
const { createHmac } = await import("node:crypto");

const KEY = "ck_ocop0123456789";
const SECRET = "cs_ocop9876543210";

class Woo extends Judge {
  answer(request) {
    this.check(request);
    const [, , , , , id] = request.url.pathname.split("/");
    const body = request.body.length ? JSON.parse(request.body) : {};
    if (request.method === "POST") return this.create(body);
    if (!id) return this.list(request.url.searchParams);
    const item = this.items.get(id);
    if (!item || item.status === "deleted") throw new Refused(404, { code: "woocommerce_rest_product_invalid_id", message: "Invalid ID.", data: { status: 404 } });
    if (request.method === "PUT") this.change(item, body);
    if (request.method === "DELETE") {
      if (request.url.searchParams.get("force") !== "true") this.complain("a delete without force only goes to the trash");
      item.status = "deleted";
    }
    return this.shown(item);
  }

  // The SDK builds the same request with the nonce and time of the one that came; the signatures must agree.
  check({ method, url }) {
    const api = new Api({ url: `http://${url.host}`, consumerKey: KEY, consumerSecret: SECRET, version: "wc/v3" });
    const own = Object.fromEntries([...url.searchParams].filter(([name]) => !name.startsWith("oauth_")));
    const endpoint = url.pathname.replace("/wp-json/wc/v3/", "");
    const address = api._getUrl(endpoint, own);
    const oauth = new OAuth({
      consumer: { key: KEY, secret: SECRET },
      signature_method: "HMAC-SHA256",
      hash_function: (base, key) => createHmac("sha256", key).update(base).digest("base64"),
    });
    oauth.getNonce = () => url.searchParams.get("oauth_nonce");
    oauth.getTimeStamp = () => Number(url.searchParams.get("oauth_timestamp"));
    const expected = oauth.authorize({ url: address, method });
    if (url.searchParams.get("oauth_signature") !== expected.oauth_signature) {
      throw new Refused(401, { code: "woocommerce_rest_authentication_error", message: "Invalid signature - provided signature does not match." });
    }
    if (this.now && Math.abs(this.now - Number(url.searchParams.get("oauth_timestamp"))) > 900) {
      throw new Refused(401, { code: "woocommerce_rest_authentication_error", message: "Invalid timestamp." });
    }
  }

  list(query) {
    if (!query.has("sku") && !query.has("modified_after")) this.complain("products are asked for by key, or by the time they changed");
    const living = [...this.items.values()].filter((item) => item.status !== "deleted");
    return living.filter((item) => !query.has("sku") || item.sku === query.get("sku")).map((item) => this.shown(item));
  }

  create(body) {
    const before = [...this.items.values()].find((item) => item.sku === body.sku && item.status !== "deleted");
    if (before) {
      throw new Refused(400, { code: "product_invalid_sku", message: "Invalid or duplicated SKU.", data: { status: 400, resource_id: Number(before.id), unique_sku: `${body.sku}-1` } });
    }
    if (typeof body.regular_price !== "string" || typeof body.weight !== "string") this.complain("prices and weights are text");
    if (body.type !== "simple" || body.manage_stock !== true) this.complain("not a simple product whose stock is managed");
    const item = { id: String((this.nextId += 1)), sku: body.sku };
    this.items.set(item.id, item);
    this.change(item, body);
    return this.shown(item);
  }

  change(item, body) {
    const known = { name: "title", description: "description", regular_price: "price", stock_quantity: "stock", status: "status" };
    for (const [theirs, ours] of Object.entries(known)) if (theirs in body) item[ours] = body[theirs];
  }

  shown(item) {
    return { id: Number(item.id), sku: item.sku, status: item.status, name: item.title, regular_price: item.price, stock_quantity: item.stock, permalink: `https://shop.example.test/p/${item.id}` };
  }
}

serve(new Woo());
