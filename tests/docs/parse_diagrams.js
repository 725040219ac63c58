// Mermaid's own verdict on the diagrams that come in as a JSON list; prints one message (or "") each.
const fs = require("node:fs");
const vm = require("node:vm");

globalThis.window = globalThis;
globalThis.addEventListener = () => {};
globalThis.document = {
  addEventListener() {},
  createElement: () => ({ style: {}, setAttribute() {} }),
  querySelectorAll: () => [],
};
// Without a page, DOMPurify is a bare function that cleans nothing.
Object.assign(Function.prototype, { addHook() {}, sanitize: (text) => text });
vm.runInThisContext(fs.readFileSync(process.argv[2], "utf8"));

const verdict = (text) => mermaid.parse(text).then(() => "", (error) => error.message);
Promise.all(JSON.parse(fs.readFileSync(0, "utf8")).map(verdict)).then((all) => console.log(JSON.stringify(all)));
