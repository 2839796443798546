// What is chosen, kept in the address behind #, so that a link or a reload shows the same; and what passes the filters.

const SORTS = {
  set: { words: "order in the set" },
  most: { words: "most objects", key: (i) => -nObjects[i] },
  fewest: { words: "fewest objects", key: (i) => nObjects[i] },
  small: { words: "smallest object", key: (i) => least(i, sizes), there: nLabels > 0 },
  large: { words: "largest object", key: (i) => -least(i, sizes, -1), there: nLabels > 0 },
  hidden: { words: "most hidden object", key: (i) => least(i, labels.visible), there: has("visible") },
  dark: { words: "darkest", key: (i) => images.brightness[i] },
  bright: { words: "brightest", key: (i) => -images.brightness[i] },
};
for (const [id, sort] of Object.entries(SORTS)) if (sort.there === false) delete SORTS[id];

const CUTS = { any: "all", whole: "whole in the picture", cut: "cut off by its edge" };

const largest = (values) => values.reduce((most, value) => Math.max(most, value), 0);
const smallest = (values) => values.reduce((least, value) => Math.min(least, value), Infinity);

// About n steps of one ratio, in whole numbers, from at most `low` to at least `high`.
function logStops(low, high, n) {
  const from = Math.max(low, 1);
  const stops = Array.from({ length: n }, (_, step) => Math.floor(from * (high / from) ** (step / n)));
  return [...new Set([Math.floor(low), ...stops, Math.ceil(high)])].sort((a, b) => a - b);
}

// Of each range the places that its handles can take.
const RANGES = {
  visible: {
    words: "Visible share",
    there: has("visible"),
    stops: Array.from({ length: 21 }, (_, step) => step / 20),
    text: percent,
    values: labels.visible ?? [],
  },
  size: {
    words: "Object size",
    there: nLabels > 0,
    stops: nLabels ? logStops(smallest(sizes), Math.max(2, largest(sizes)), 32) : [0, 1],
    text: (value) => `${number(value)} px`,
    values: sizes,
  },
  objects: {
    words: "Objects in the picture",
    there: largest(nObjects) > 0,
    stops: objectStops(largest(nObjects)),
    text: number,
    values: nObjects,
  },
};

function objectStops(most) {
  const upTo = Math.min(most, 30);
  const stops = Array.from({ length: upTo + 1 }, (_, n) => n);
  return most > upTo ? [...stops, ...logStops(upTo, most, 16).slice(1)] : stops;
}

const FIRST_LAYERS = ["masks", "boxes"];

const state = {
  view: "pictures", kinds: new Set(), cut: "any", sort: "set", frame: null,
  layers: new Set(FIRST_LAYERS), visible: null, size: null, objects: null,
};
// Labels that pass, and the pictures that are shown, in order.
const passes = new Uint8Array(nLabels);
let shown = [];

function readHash() {
  const said = new URLSearchParams(location.hash.slice(1));
  const known = (value, table, otherwise) => (value !== null && Object.hasOwn(table, value) ? value : otherwise);
  state.view = said.get("view") === "statistics" ? "statistics" : "pictures";
  state.cut = known(said.get("cut"), CUTS, "any");
  state.sort = known(said.get("sort"), SORTS, "set");
  const names = new Set(said.getAll("class"));
  state.kinds = new Set(kinds.flatMap((kind, number) => (names.has(kind.name) ? [number] : [])));
  state.layers = new Set(said.has("layers") ? said.get("layers").split(" ") : FIRST_LAYERS);
  for (const id of Object.keys(RANGES)) {
    const ends = (said.get(id) ?? "").split("~").map(Number);
    state[id] = ends.length === 2 && ends.every(Number.isFinite) && ends[0] <= ends[1] ? ends : null;
  }
  const frame = images.name.indexOf(said.get("frame") ?? "");
  state.frame = frame < 0 ? null : frame;
}

function hashOf() {
  const said = new URLSearchParams();
  if (state.view !== "pictures") said.set("view", state.view);
  for (const kind of state.kinds) said.append("class", kinds[kind].name);
  for (const id of Object.keys(RANGES)) if (state[id]) said.set(id, state[id].join("~"));
  if (state.cut !== "any") said.set("cut", state.cut);
  if (state.sort !== "set") said.set("sort", state.sort);
  const layers = LAYERS.map((layer) => layer.id).filter((id) => state.layers.has(id));
  const usual = LAYERS.map((layer) => layer.id).filter((id) => FIRST_LAYERS.includes(id));
  if (layers.join() !== usual.join()) said.set("layers", layers.join(" "));
  if (state.frame !== null) said.set("frame", images.name[state.frame]);
  return said.toString();
}

// A frame that is opened is a step that the browser's back button undoes; a filter isn't.
function writeHash(isStep = false) {
  const hash = `#${hashOf()}`;
  if (hash === (location.hash || "#")) return;
  history[isStep ? "pushState" : "replaceState"](null, "", hash);
}

function applyFilters() {
  const asksObjects = state.kinds.size || state.visible || state.size || state.cut !== "any";
  passes.fill(0);
  shown = [];
  for (let i = 0; i < nImages; i++) {
    let any = false;
    for (let k = firstOf(i); k < images.end[i]; k++) if (labelPasses(k)) any = passes[k] = 1;
    const counts = !state.objects || isWithin(nObjects[i], state.objects);
    if (counts && (any || !asksObjects)) shown.push(i);
  }
  const { key } = SORTS[state.sort];
  if (key) {
    const keys = new Map(shown.map((i) => [i, key(i)]));
    shown.sort((a, b) => keys.get(a) - keys.get(b) || a - b);
  }
}

const isWithin = (value, [low, high]) => value >= low && value <= high;

function labelPasses(k) {
  if (state.kinds.size && !state.kinds.has(labels.kind[k])) return false;
  if (state.size && !isWithin(sizes[k], state.size)) return false;
  if (state.visible && !isWithin(labels.visible?.[k] ?? -1, state.visible)) return false;
  return state.cut === "any" || labels.truncated?.[k] === (state.cut === "cut" ? 1 : 0);
}

function nFilters() {
  const asked = [state.kinds.size > 0, state.cut !== "any", ...Object.keys(RANGES).map((id) => state[id] !== null)];
  return asked.filter(Boolean).length;
}

// The least (or, with -1, the most) of a column over the labels of a picture that pass.
function least(i, column, sign = 1) {
  let found = Infinity;
  for (let k = firstOf(i); k < images.end[i]; k++) {
    if (passes[k] && column[k] !== null) found = Math.min(found, sign * column[k]);
  }
  return found === Infinity ? sign * 1e9 : sign * found;
}
