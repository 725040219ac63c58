import {
  type Color,
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  parse,
  wcagContrast,
} from "culori";
import { describe, expect, it } from "vitest";
import css from "../src/style.css?raw";

const blocks = [...css.matchAll(/:root[^{]*\{([^}]*--ground[^}]*)\}/g)].map((found) => found[1]!);
const themes = [blocks[0]!, blocks[1]!, blocks[2]!].map((block) =>
  Object.fromEntries([...block.matchAll(/--([\w-]+): ([^;]+);/g)].map(([, name, value]) => [name!, value!.trim()])),
);
const [light, darkOfSystem, darkChosen] = themes as [
  Record<string, string>,
  Record<string, string>,
  Record<string, string>,
];

/** Colours that stand beside each other. */
const TOGETHER = {
  "how demand is met": ["wind", "solar", "import", "tie", "rest"],
  interconnectors: ["ewic", "greenlink", "moyle", "demand"],
  "the fuel mix": ["renew", "import", "fossil", "gas", "coal"],
  CO2: ["co2", "emissions"],
};
const SIGHTS = {
  normal: (colour: Color) => colour,
  protanopia: filterDeficiencyProt(1),
  deuteranopia: filterDeficiencyDeuter(1),
  tritanopia: filterDeficiencyTrit(1),
};
const APART = differenceCiede2000();

describe.each([
  ["light", light],
  ["dark", darkOfSystem],
])("%s colours", (_, theme) => {
  const lines = [
    ...new Set(Object.values(TOGETHER).flat()),
    "snsp",
    "frequency",
    "limit",
    "error",
    "compared",
    "quiet",
  ];
  it.each(lines)("%s can be told from the ground", (name) => {
    expect(wcagContrast(theme[name]!, theme.ground!)).toBeGreaterThanOrEqual(3);
  });

  it.each(["text", "quiet", "link", "late", "down"])("%s can be read", (name) => {
    expect(wcagContrast(theme[name]!, theme.ground!)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(Object.entries(TOGETHER))("of %s can be told apart by everybody", (_name, group) => {
    for (const [sight, see] of Object.entries(SIGHTS))
      for (const [at, one] of group.entries())
        for (const other of group.slice(at + 1)) {
          const apart = APART(see(parse(theme[one]!)!)!, see(parse(theme[other]!)!)!);
          expect(apart, `${one} and ${other}, ${sight}`).toBeGreaterThanOrEqual(9);
        }
  });
});

it("a dark theme that is chosen is the one of the system", () => expect(darkChosen).toEqual(darkOfSystem));
