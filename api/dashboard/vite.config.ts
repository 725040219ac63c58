import { defineConfig } from "vitest/config";

// Addresses are relative: an API Gateway stage puts a path in front of /ui/.
export default defineConfig({
  base: "./",
  build: {
    manifest: true,
    modulePreload: false,
    target: "es2022",
    rollupOptions: { input: "src/main.ts" },
  },
  // The colours are tested.
  test: { css: true },
});
