// Shopify Admin GraphQL, judged by the schema that npm `@shopify/dev-mcp` ships: every document and its variables are checked
// against it, and resolvers over a map answer.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import { Judge, Refused, serve } from "./judge.mjs";

const require = createRequire(`${process.env.JUDGES}/node/`);
const { buildClientSchema, parse, validate, execute, getVariableValues, getOperationAST } = require("graphql");
const versions = new Map();

function schemaOf(version) {
  if (!versions.has(version)) {
    const file = `${process.env.JUDGES}/node/node_modules/@shopify/dev-mcp/dist/data/admin_${version}.json.gz`;
    const told = JSON.parse(gunzipSync(readFileSync(file)));
    versions.set(version, buildClientSchema(told.data ?? told));
  }
  return versions.get(version);
}

class Shopify extends Judge {
  keys = new Set();

  async answer({ method, url, headers, body }) {
    const [, version] = url.pathname.match(/^\/admin\/api\/([0-9-]+)\/graphql\.json$/) ?? [];
    if (method !== "POST" || !version) throw new Refused(404, {});
    if (headers["x-shopify-access-token"] !== "shpat-1") throw new Refused(401, { errors: "[API] Invalid API key or access token" });
    const schema = schemaOf(version);
    const { query, variables } = JSON.parse(body);
    const document = parse(query);
    const wrong = validate(schema, document);
    const operation = getOperationAST(document);
    const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {});
    for (const error of [...wrong, ...(coerced.errors ?? [])]) this.complain(`${operation.name.value}: ${error.message}`);
    if (wrong.length || coerced.errors) return { errors: [{ message: (wrong[0] ?? coerced.errors[0]).message }] };
    const names = [...query.matchAll(/@idempotent\(key: \$key\)/g)];
    if (operation.name.value === "Stock" && !names.length) this.complain("stock must be set under an idempotency key");
    return execute({ schema, document, variableValues: variables, rootValue: this.root(variables ?? {}) });
  }

  root(given) {
    const living = (id) => [...this.items.values()].find((item) => item.id === id && item.status !== "deleted");
    const failed = (field, message, code) => ({ userErrors: [{ field, message, code }] });
    return {
      locations: () => ({ nodes: [{ id: "gid://shopify/Location/1" }] }),
      publications: () => ({ nodes: [{ id: "gid://shopify/Publication/1" }] }),
      productByIdentifier: ({ identifier }) => this.shown([...this.items.values()].find((i) => i.handle === identifier.handle && i.status !== "deleted")),
      products: () => ({ nodes: [...this.items.values()].filter((item) => item.status !== "deleted").map((item) => this.shown(item)), pageInfo: { hasNextPage: false } }),
      product: ({ id }) => this.shown(living(id)),
      productSet: ({ identifier, input }) => this.set(identifier, input),
      publishablePublish: ({ id }) => ((living(id).published = true), { userErrors: [] }),
      productUpdate: ({ product }) => {
        const item = living(product.id);
        if (!item) return failed(["id"], "Product does not exist");
        if (product.title) item.title = product.title;
        if (product.descriptionHtml) item.description = product.descriptionHtml;
        if (product.status) item.status = product.status;
        return { userErrors: [] };
      },
      productVariantsBulkUpdate: ({ productId, variants }) => {
        living(productId).price = String(variants[0].price);
        return { userErrors: [] };
      },
      inventoryItem: ({ id }) => {
        const item = [...this.items.values()].find((i) => `gid://shopify/InventoryItem/${i.number}` === id);
        return { inventoryLevel: () => ({ quantities: () => [{ quantity: item.stock }] }) };
      },
      inventorySetQuantities: ({ input }) => {
        const [change] = input.quantities;
        const item = [...this.items.values()].find((i) => `gid://shopify/InventoryItem/${i.number}` === change.inventoryItemId);
        if (this.keys.has(given.key)) return { userErrors: [] };
        if (change.changeFromQuantity !== item.stock) return failed(["input"], "stale", "CHANGE_FROM_QUANTITY_STALE");
        this.keys.add(given.key);
        item.stock = change.quantity;
        return { userErrors: [] };
      },
      productDelete: ({ input }) => {
        const item = living(input.id);
        if (!item) return { deletedProductId: null, ...failed(["id"], "Product does not exist") };
        item.status = "deleted";
        return { deletedProductId: item.id, userErrors: [] };
      },
    };
  }

  set(identifier, input) {
    let item = [...this.items.values()].find((i) => (identifier.id ? i.id === identifier.id : i.handle === identifier.handle) && i.status !== "deleted");
    if (identifier.id) {
      if (!item) return { product: null, userErrors: [{ field: ["identifier"], message: "Product does not exist", code: "PRODUCT_DOES_NOT_EXIST" }] };
      Object.assign(item, { title: input.title, description: input.descriptionHtml });
      return { product: this.shown(item), userErrors: [] };
    }
    if (!item) {
      const number = (this.nextId += 1);
      item = { id: `gid://shopify/Product/${number}`, number };
      this.items.set(item.id, item);
    }
    const [variant] = input.variants;
    Object.assign(item, { handle: input.handle, title: input.title, description: input.descriptionHtml, status: input.status, sku: variant.sku, price: String(variant.price), stock: variant.inventoryQuantities[0].quantity });
    return { product: this.shown(item), userErrors: [] };
  }

  shown(item) {
    if (!item) return null;
    const variant = { id: `gid://shopify/ProductVariant/${item.number}`, sku: item.sku, price: item.price, inventoryQuantity: item.stock, inventoryItem: { id: `gid://shopify/InventoryItem/${item.number}` } };
    return { id: item.id, status: item.status, onlineStoreUrl: `https://shop.example.test/${item.handle}`, variants: { nodes: [variant] } };
  }
}

serve(new Shopify());
