// Material's colours for diagrams are variables of the page, so that a diagram follows the palette. They are written for
// the classic look of Mermaid, which is no longer its default, and miss the heads of arrows, whose names have changed.
const initialize = mermaid.initialize;
const heads = `
  marker path { fill: var(--md-mermaid-edge-color) !important; stroke: var(--md-mermaid-edge-color) !important; }
  .actor-line { stroke: var(--md-default-fg-color--light) !important; }
`;
mermaid.initialize = (settings) =>
  initialize({ ...settings, look: "classic", theme: "default", themeCSS: settings.themeCSS + heads });
