// Material gives every block of code the same unnamed landmark; a screen reader tells them apart by a name.
let many = 0;
const name = () => {
  for (const nav of document.querySelectorAll(".md-code__nav:not([aria-label])")) {
    many += 1;
    nav.setAttribute("aria-label", `Code block ${many}`);
  }
};
new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
name();
