// What the pictures and labels that pass the filters are like in all.

const MOST_DOTS = 1500;
const MOST_TOGETHER = 20;
const RATIOS = [0, 1 / 8, 1 / 5, 1 / 3, 1 / 2, 2 / 3, 4 / 5, 1, 5 / 4, 3 / 2, 2, 3, 5, 8, Infinity];

function makeStatistics() {
  const chosen = [];
  for (const i of shown) for (let k = firstOf(i); k < images.end[i]; k++) if (passes[k] && !isCrowd(k)) chosen.push(k);
  const parts = [tiles(chosen)];
  const about = chosen.length ? aboutObjects(chosen) : {};
  const { brightness, colour } = aboutPictures();
  const charts = [about.perClass, about.cut, perPicture(chosen), about.size, about.shape, about.visible, about.places, about.view, colour, brightness, about.together];
  parts.push(h("div", { class: "charts" }, charts));
  return parts;
}

function tiles(chosen) {
  const seen = new Set(chosen.map((k) => labels.kind[k])).size;
  const per = chosen.length / Math.max(1, shown.length);
  const bare = shown.filter((i) => nObjects[i] === 0).length;
  const ignored = total(shown.map((i) => images.end[i] - firstOf(i) - nObjects[i]));
  const lines = [
    [number(shown.length), shown.length === 1 ? "picture" : "pictures"],
    [number(chosen.length), chosen.length === 1 ? "object" : "objects"],
    [`${number(seen)} of ${number(kinds.length)}`, kinds.length === 1 ? "class" : "classes"],
    [per.toFixed(1), "objects a picture"],
    [number(bare), bare === 1 ? "picture without an object" : "pictures without an object"],
    ...(ignored ? [[number(ignored), "labels to be ignored, not counted here"]] : []),
  ];
  return h("ul", { class: "tiles" }, lines.map(([value, words]) => h("li", {}, h("b", {}, value), h("span", {}, words))));
}

function perClass(chosen) {
  const objects = new Map(kinds.map((_, kind) => [kind, 0]));
  const within = kinds.map(() => new Set());
  const ownerOf = owners();
  for (const k of chosen) {
    objects.set(labels.kind[k], objects.get(labels.kind[k]) + 1);
    within[labels.kind[k]].add(ownerOf[k]);
  }
  const order = [...objects].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const most = Math.max(1, order[0][1]);
  const row = ([kind, n]) => h("tr", { class: n ? null : "none" }, kindName(kind), h("td", { class: "bar", style: { "--share": n / most } }, number(n)),
    h("td", {}, share(n, chosen.length)), h("td", {}, number(within[kind].size)));
  return tableFigure("Objects by class", ["Class", "Objects", "Share", "Pictures"], order.map(row));
}

const kindName = (kind) =>
  h("td", { title: kinds[kind].name }, h("i", { class: "patch", style: { background: colourOf(kind) } }), kinds[kind].name);

function tableFigure(title, heads, rows, says = null) {
  const head = h("tr", {}, heads.map((words) => h("th", { scope: "col" }, words)));
  return h("figure", { class: "chart per-class" }, h("figcaption", {}, title), says ? h("p", { class: "quiet" }, says) : null,
    h("div", { class: "tall", tabindex: 0, role: "region", "aria-label": title }, h("table", {}, h("thead", {}, head), h("tbody", {}, rows))));
}

function owners() {
  const owner = new Uint32Array(nLabels);
  for (let i = 0; i < nImages; i++) owner.fill(i, firstOf(i), images.end[i]);
  return owner;
}

function perPicture(chosen) {
  const ownerOf = owners();
  const per = new Map(shown.map((i) => [i, 0]));
  for (const k of chosen) per.set(ownerOf[k], per.get(ownerOf[k]) + 1);
  const values = [...per.values()];
  const most = largest(values);
  // Up to thirty bars of one number each, else of several.
  const broad = Math.ceil((most + 1) / 30);
  const counts = Array(Math.floor(most / broad) + 1).fill(0);
  for (const n of values) counts[Math.floor(n / broad)]++;
  const names = counts.map((_, at) => (broad === 1 ? `${at}` : `${at * broad}–${at * broad + broad - 1}`));
  const says = `median ${median(values)}, at most ${number(most)}.`;
  return figure("Objects in a picture", says, bars(counts, names, { centred: true, what: "pictures" }), {
    head: ["Objects", "Pictures"], rows: counts.map((n, at) => [names[at], n]),
  });
}

// Of what the labels don't say there is no chart.
function aboutObjects(chosen) {
  const side = chosen.map((k) => sizes[k]);
  const ratio = chosen.map((k) => labels.box[k][2] / Math.max(labels.box[k][3], 0.5));
  return {
    perClass: perClass(chosen),
    cut: has("truncated") ? cutTable(chosen) : null,
    size: histogram("Size of the box, px", side, logEdges(side), { unit: " px", note: "The longer side of the visible box; the scale is one of ratios." }),
    shape: histogram("Shape of the box", ratio, RATIOS, { text: ratioWords, says: (values) => `median ${median(values).toFixed(2)} wide for 1 high.`, note: "Width to height." }),
    visible: has("visible") ? visibleChart(chosen) : null,
    places: placesChart(chosen),
    view: has("view") ? viewChart(chosen) : null,
    together: kinds.length > 1 ? together() : null,
  };
}

function aboutPictures() {
  const read = shown.filter((i) => !images.fault[i]);
  if (!read.length) return {};
  const dots = read.filter((_, at) => at % Math.ceil(read.length / MOST_DOTS) === 0);
  const grey = read.filter((i) => hueOf(images.rgb[i])[1] < 0.1).length;
  const note = dots.length < read.length ? `Mean colours of ${number(dots.length)} of the pictures.` : "The mean colour of each picture; farther out is stronger.";
  const light = read.map((i) => images.brightness[i]);
  return {
    colour: figure("Colour of the pictures", `${share(grey, read.length)} are grey on average, their saturation below a tenth.`, colourDisc(dots), { note }),
    brightness: histogram("Brightness of the pictures", light, Array.from({ length: 18 }, (_, at) => at * 15), { what: "pictures", note: "Mean luminance, 0 to 255." }),
  };
}

function histogram(title, values, edges, { unit = "", what = "objects", note = "", text = (v) => number(v), says = null } = {}) {
  const counts = Array(edges.length - 1).fill(0);
  for (const value of values) {
    let at = 0;
    while (at < counts.length - 1 && value >= edges[at + 1]) at++;
    counts[at]++;
  }
  const names = edges.map(text);
  const words = says ? says(values) : `median ${text(Math.round(median(values)))}${unit}.`;
  const rows = counts.map((n, at) => [`${names[at]} to ${names[at + 1]}`, n]);
  return figure(title, words, bars(counts, names, { unit, what }), { note, head: [`From, to${unit}`, what], rows });
}

function logEdges(values) {
  const edges = logStops(smallest(values), largest(values) + 1, 16);
  return edges.length > 1 ? edges : [edges[0], edges[0] + 1];
}

function ratioWords(ratio) {
  if (ratio === 0 || ratio === Infinity) return "";
  const fits = (value) => Math.abs(value - Math.round(value)) < 1e-6;
  const lower = [1, 2, 3, 4, 5, 8].find((n) => fits(ratio * n));
  return `${Math.round(ratio * lower)}:${lower}`;
}

function placesChart(chosen) {
  const ownerOf = owners();
  const shape = median(shown.map((i) => shapes[i]));
  const columns = 24;
  const rows = clamp(Math.round(columns / shape), 6, 40);
  const grid = Array.from({ length: rows }, () => Array(columns).fill(0));
  for (const k of chosen) {
    const [x, y, width, height] = labels.box[k];
    const at = (value, side, n) => clamp(Math.floor((value / side) * n), 0, n - 1);
    grid[at(y + height / 2, images.height[ownerOf[k]], rows)][at(x + width / 2, images.width[ownerOf[k]], columns)]++;
  }
  const thirds = Array.from({ length: 3 }, () => [0, 0, 0]);
  grid.forEach((row, r) => row.forEach((n, c) => (thirds[Math.floor((3 * r) / rows)][Math.floor((3 * c) / columns)] += n)));
  const middle = share(thirds[1][1], chosen.length);
  return figure("Where objects are", `${middle} have their middle in the picture’s middle ninth; 11 % would be even.`, heat(grid, shape), {
    note: "Middles of the visible boxes; the stronger, the more.",
    head: ["", "left", "middle", "right"], rows: thirds.map((row, at) => [["top", "middle", "bottom"][at], ...row]),
  });
}

function visibleChart(chosen) {
  const values = chosen.map((k) => labels.visible[k]).filter((value) => value !== null);
  const edges = Array.from({ length: 11 }, (_, at) => at / 10);
  const full = values.filter((value) => value >= 0.9).length;
  const says = () => `${share(full, values.length)} are visible to nine tenths or more.`;
  return histogram("How much of each is visible, %", values, edges, { text: (v) => `${Math.round(100 * v)}`, unit: " %", says, note: "Hidden by others and cut off by the edge taken together." });
}

function cutTable(chosen) {
  const known = chosen.filter((k) => labels.truncated[k] !== null);
  const rows = kinds.map((kind, number) => {
    const own = known.filter((k) => labels.kind[k] === number);
    return [number, own.length, own.filter((k) => labels.truncated[k]).length];
  });
  const order = rows.filter(([, n]) => n).sort((a, b) => b[2] / b[1] - a[2] / a[1]);
  const row = ([kind, n, cut]) => h("tr", {}, kindName(kind), h("td", { class: "bar", style: { "--share": cut / n } }, number(cut)), h("td", {}, share(cut, n)));
  const cut = total(rows.map(([, , n]) => n));
  return tableFigure("Cut off by the picture’s edge", ["Class", "Cut off", "Share"], order.map(row), `${number(cut)} of ${many(known.length, "object")}, ${share(cut, known.length)}.`);
}

function viewChart(chosen) {
  const views = chosen.map((k) => labels.view[k]).filter((view) => view !== null);
  const counts = Array(2 * RINGS * SECTORS).fill(0);
  views.forEach((view) => counts[sphereCell(view)]++);
  const empty = counts.filter((n) => n === 0).length;
  const bands = [[-90, -60], [-60, -30], [-30, 0], [0, 30], [30, 60], [60, 91]];
  const rows = bands.map(([low, high]) => [`${low}° to ${Math.min(high, 90)}°`.replaceAll("-", "−"), views.filter(([e]) => e >= low && e < high).length]);
  return figure("From where objects are seen", `${number(empty)} of ${counts.length} directions have no view.`, sphere(counts), {
    note: "The camera’s direction in the mesh’s own axes, all classes together: the middle of each disc is along z, its rim the x-y plane. All cells have one area; the stronger, the more.",
    head: ["Elevation", "Objects"], rows,
  });
}

// In how many pictures two classes are together; on the diagonal, in how many one is with its like.
function together() {
  const pictures = new Map();
  const totals = Array(kinds.length).fill(0);
  const add = (a, b) => pictures.set(a * kinds.length + b, (pictures.get(a * kinds.length + b) ?? 0) + 1);
  for (const i of shown) {
    const own = new Map();
    for (let k = firstOf(i); k < images.end[i]; k++) if (passes[k] && !isCrowd(k)) own.set(labels.kind[k], (own.get(labels.kind[k]) ?? 0) + 1);
    for (const [a, n] of own) {
      totals[a]++;
      if (n > 1) add(a, a);
      for (const b of own.keys()) if (a !== b) add(a, b);
    }
  }
  const order = totals.map((_, kind) => kind).filter((kind) => totals[kind]).sort((a, b) => totals[b] - totals[a] || a - b);
  const told = order.slice(0, MOST_TOGETHER);
  const most = Math.max(1, largest([...pictures.values()]));
  const cell = (a, b) => {
    const n = pictures.get(a * kinds.length + b) ?? 0;
    const title = a === b ? `${n} pictures with two or more ${kinds[a].name}` : `${n} pictures with ${kinds[a].name} and ${kinds[b].name}`;
    return h("td", { class: "cell", title, style: { "--share": n / most } }, n || "·");
  };
  const head = h("tr", {}, h("th", {}, ""), told.map((b) => h("th", { scope: "col", title: kinds[b].name }, h("span", {}, kinds[b].name))));
  const rows = told.map((a) => h("tr", {}, h("th", { scope: "row", title: kinds[a].name }, kinds[a].name), told.map((b) => cell(a, b))));
  const left = order.length > told.length ? ` The ${told.length} most frequent of ${order.length} classes.` : "";
  return h("figure", { class: `chart together ${told.length > 14 ? "wide" : told.length > 6 ? "broad" : ""}` }, h("figcaption", {}, "Classes seen together"),
    h("div", { class: "across", tabindex: 0, role: "region", "aria-label": "Classes seen together" }, h("table", {}, h("thead", {}, head), h("tbody", {}, rows))),
    h("p", { class: "quiet" }, `Pictures that show both; on the diagonal, two or more of the same.${left}`));
}
