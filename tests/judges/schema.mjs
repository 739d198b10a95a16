// Judges the schema with programs that others wrote: graphql-eslint's rules on the SDL, graphql-inspector on SDL against introspection,
// and the Relay compiler on queries. node schema.mjs lint FILE | inspect FILE URL | relay FILE
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync, copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const node = join(process.env.JUDGES, "node");
const require = createRequire(join(node, "package.json"));
const [, , what, file, url] = process.argv;

async function lint() {
  const { ESLint } = require("eslint");
  const plugin = require("@graphql-eslint/eslint-plugin");
  const name = "@graphql-eslint/";
  const rules = {
    "known-type-names": "error", "unique-type-names": "error", "unique-field-definition-names": "error", "unique-enum-value-names": "error",
    "no-duplicate-fields": "error", "no-hashtag-description": "error", "no-unreachable-types": "error", "no-typename-prefix": "off",
    "require-description": ["error", { types: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true, rootField: true }],
    "require-deprecation-reason": "error", "require-nullable-result-in-root": "off", "relay-page-info": "error",
    "relay-connection-types": "error", "relay-edge-types": ["error", { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }], "relay-arguments": "error",
    "naming-convention": ["error", { types: "PascalCase", FieldDefinition: "camelCase", InputValueDefinition: "camelCase", EnumValueDefinition: "UPPER_CASE" }],
  };
  const known = Object.fromEntries(Object.entries(rules).map(([rule, level]) => [name + rule, level]));
  const folder = mkdtempSync(join(tmpdir(), "ocop-lint-"));
  copyFileSync(file, join(folder, "schema.graphql"));
  const eslint = new ESLint({
    cwd: folder, overrideConfigFile: true,
    overrideConfig: [{
      files: ["**/*.graphql"], plugins: { "@graphql-eslint": plugin }, rules: known,
      languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: join(folder, "schema.graphql") } } },
    }],
  });
  const results = await eslint.lintFiles(["schema.graphql"]);
  const found = results.flatMap(({ messages }) => messages.map(({ line, ruleId, message }) => `${line} ${ruleId} ${message}`));
  // Relay's own types and the directives of the specification are described there; the engine writes none for them.
  return found.filter((fault) => !/require-description .*(type "\w+Connection"|in directive "(include|skip|specifiedBy)")/.test(fault));
}

async function inspect() {
  const { buildSchema, buildClientSchema, getIntrospectionQuery } = require("graphql");
  const { diff } = require("@graphql-inspector/core");
  const body = JSON.stringify({ query: getIntrospectionQuery() });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const served = buildClientSchema((await answer.json()).data);
  return (await diff(buildSchema(readFileSync(file, "utf8")), served)).map((change) => change.message)
    // An introspection has no directives; what these two say is in fields of its own, which the comparison reads.
    .filter((message) => !/^Directive '(specifiedBy|oneOf)' was removed/.test(message));
}

/** The compiler's own words when a query breaks a rule of Relay; nothing when it compiles all. */
async function relay() {
  const folder = mkdtempSync(join(tmpdir(), "ocop-relay-"));
  mkdirSync(join(folder, "src"));
  copyFileSync(file, join(folder, "schema.graphql"));
  const paged = (field, fragment) => `const { graphql } = require("react-relay"); graphql\`
    fragment Pages_${field} on Query @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) @refetchable(queryName: "Pages${field}Query") {
      ${field}(first: $count, after: $cursor) @connection(key: "Pages_${field}") { edges { node { ${fragment} } } } }\`;`;
  writeFileSync(join(folder, "src", "Pages_listings.js"), paged("listings", "id title price { amount } product { id name media { url } rating { stars } }"));
  writeFileSync(join(folder, "src", "Pages_products.js"), paged("products", "id name variants { id sku }"));
  writeFileSync(join(folder, "src", "Pages_producers.js"), paged("producers", "id displayName"));
  writeFileSync(join(folder, "src", "Refetched.js"), `const { graphql } = require("react-relay"); graphql\`
    fragment Refetched on Product @refetchable(queryName: "RefetchedQuery") { id name }\`;`);
  writeFileSync(join(folder, "relay.config.json"), JSON.stringify({ src: "./src", schema: "./schema.graphql", language: "javascript", artifactDirectory: "./made" }));
  mkdirSync(join(folder, "made"));
  const binary = require("relay-compiler");
  try {
    execFileSync(binary, ["relay.config.json"], { cwd: folder, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    return [String(error.stdout), String(error.stderr)];
  }
  return [];
}

process.stdout.write(JSON.stringify(await { lint, inspect, relay }[what]()));
