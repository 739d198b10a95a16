'use strict';

const mount = document.getElementById('graphiql');

const defaultQuery = `# Queries run without a token. To act as someone, open the tab "Headers" below and give
#   { "Authorization": "Bearer <token>" }
# The schema is under the book icon at the left; Ctrl-Space completes, Ctrl-Enter runs.

{
  __typename
}
`;

ReactDOM.createRoot(mount).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: mount.dataset.endpoint, enableIncrementalDelivery: false }),
    defaultQuery,
    defaultEditorToolsVisibility: 'headers',
    isHeadersEditorEnabled: true,
    // A token must not outlive the tab.
    shouldPersistHeaders: false,
  }),
);
