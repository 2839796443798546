// Elements are made, never parsed: whatever a name holds stays text.

const byId = (id) => document.getElementById(id);
const one = (selector, within = document) => within.querySelector(selector);

function element(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, to] of Object.entries(value)) node.style.setProperty(key, to);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

const h = (tag, attributes = {}, ...children) => element(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  element(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

const counted = new Intl.NumberFormat("en");
const number = (value) => counted.format(value);
const many = (n, one, more = `${one}s`) => `${number(n)} ${n === 1 ? one : more}`;
const percent = (share) => `${Math.round(100 * share)} %`;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const total = (values) => values.reduce((sum, value) => sum + value, 0);

// A share above zero is never "0 %", and one below all never "100 %".
function share(part, whole) {
  if (!whole) return "–";
  const exact = (100 * part) / whole;
  if (exact > 0 && exact < 1) return "< 1 %";
  return exact < 100 && exact >= 99.5 ? "> 99 %" : `${Math.round(exact)} %`;
}

function median(values) {
  const sorted = Float64Array.from(values).sort();
  return sorted.length ? (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2 : 0;
}

function tableOf(heads, rows) {
  const head = h("tr", {}, heads.map((words) => h("th", { scope: "col" }, words)));
  return h("table", {}, h("thead", {}, head), h("tbody", {}, rows));
}

// What may be wider or higher than its place, and is scrolled there, by keys too.
const scrolled = (name, title, child) =>
  h("div", { class: name, tabindex: 0, role: "region", "aria-label": title }, child);
const patch = (colour) => h("i", { class: "patch", style: { background: colour } });
