// What the pictures and labels that pass the filters are like in all.

const MOST_DOTS = 1500;
const MOST_TOGETHER = 20;
const RATIOS = [0, 1 / 8, 1 / 5, 1 / 3, 1 / 2, 2 / 3, 4 / 5, 1, 5 / 4, 3 / 2, 2, 3, 5, 8, Infinity];

function makeStatistics() {
  const chosen = [];
  for (const i of shown) chosen.push(...chosenOf(i));
  const about = chosen.length ? aboutObjects(chosen) : {};
  const { brightness, colour } = aboutPictures();
  // Side by side what is of about one height.
  const charts = [
    ...[about.perClass, about.cut, perPicture(), about.size, about.shape, about.visible],
    ...[about.places, about.view, colour, brightness, about.together],
  ];
  return [tiles(chosen), h("div", { class: "charts" }, charts)];
}

// Labels of a picture that pass the filters, without those to be ignored.
function chosenOf(i) {
  const chosen = [];
  for (let k = firstOf(i); k < images.end[i]; k++) if (passes[k] && !isCrowd(k)) chosen.push(k);
  return chosen;
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
  const line = ([value, words]) => h("li", {}, h("b", {}, value), h("span", {}, words));
  return h("ul", { class: "tiles" }, lines.map(line));
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
  const row = ([kind, n]) => {
    const cells = [share(n, chosen.length), number(within[kind].size)].map((words) => h("td", {}, words));
    return h("tr", { class: n ? null : "none" }, kindName(kind), barCell(n, n / most), cells);
  };
  return tableFigure("Objects by class", ["Class", "Objects", "Share", "Pictures"], order.map(row));
}

const kindName = (kind) => h("td", { title: kinds[kind].name }, patch(colourOf(kind)), kinds[kind].name);
const barCell = (n, part) => h("td", { class: "bar", style: { "--share": part } }, number(n));

function tableFigure(title, heads, rows, says = null) {
  const words = says ? h("p", { class: "quiet" }, says) : null;
  const table = scrolled("tall", title, tableOf(heads, rows));
  return h("figure", { class: "chart per-class" }, h("figcaption", {}, title), words, table);
}

// Of each label the picture.
function owners() {
  const owner = new Uint32Array(nLabels);
  for (let i = 0; i < nImages; i++) owner.fill(i, firstOf(i), images.end[i]);
  return owner;
}

function perPicture() {
  const values = shown.map((i) => chosenOf(i).length);
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
    size: histogram("Size of the box, px", side, logEdges(side), {
      unit: " px",
      note: "The longer side of the visible box; the scale is one of ratios.",
    }),
    shape: histogram("Shape of the box", ratio, RATIOS, {
      text: ratioWords,
      says: `median ${median(ratio).toFixed(2)} wide for 1 high.`,
      note: "Width to height.",
    }),
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
  const which = dots.length < read.length ? `${number(dots.length)} of the pictures` : "each picture";
  const says = `${share(grey, read.length)} are grey on average, their saturation below a tenth.`;
  const light = read.map((i) => images.brightness[i]);
  const edges = Array.from({ length: 18 }, (_, at) => at * 15);
  const dark = { what: "pictures", note: "Mean luminance, 0 to 255." };
  return {
    colour: figure("Colour of the pictures", says, colourDisc(dots), {
      note: `The mean colour of ${which}; farther out is stronger.`,
    }),
    brightness: histogram("Brightness of the pictures", light, edges, dark),
  };
}

function histogram(title, values, edges, { unit = "", what = "objects", note = "", text = number, says = null } = {}) {
  const counts = Array(edges.length - 1).fill(0);
  for (const value of values) {
    let at = 0;
    while (at < counts.length - 1 && value >= edges[at + 1]) at++;
    counts[at]++;
  }
  const names = edges.map(text);
  const words = says ?? `median ${text(Math.round(median(values)))}${unit}.`;
  const rows = counts.map((n, at) => [`${names[at]} to ${names[at + 1]}`, n]);
  return figure(title, words, bars(counts, names, { unit, what }), { note, head: [`From, to${unit}`, what], rows });
}

function logEdges(values) {
  const edges = logStops(smallest(values), largest(values) + 1, 16);
  return edges.length > 1 ? edges : [edges[0], edges[0] + 1];
}

function ratioWords(ratio) {
  if (ratio === 0 || ratio === Infinity) return ratio ? "∞" : "0";
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
  const thirds = Array.from({ length: 3 }, () => [0, 0, 0]);
  const at = (part, n) => clamp(Math.floor(part * n), 0, n - 1);
  for (const k of chosen) {
    const [x, y, width, height] = labels.box[k];
    const [down, across] = [(y + height / 2) / images.height[ownerOf[k]], (x + width / 2) / images.width[ownerOf[k]]];
    grid[at(down, rows)][at(across, columns)]++;
    thirds[at(down, 3)][at(across, 3)]++;
  }
  const middle = share(thirds[1][1], chosen.length);
  const says = `${middle} have their middle in the picture’s middle ninth; 11 % would be even.`;
  return figure("Where objects are", says, heat(grid, shape), {
    note: "Middles of the visible boxes; the stronger, the more.",
    head: ["", "left", "middle", "right"],
    rows: thirds.map((row, place) => [["top", "middle", "bottom"][place], ...row]),
  });
}

function visibleChart(chosen) {
  const values = chosen.map((k) => labels.visible[k]).filter((value) => value !== null);
  const edges = Array.from({ length: 11 }, (_, at) => at / 10);
  const full = values.filter((value) => value >= 0.9).length;
  return histogram("How much of each is visible, %", values, edges, {
    text: (value) => `${Math.round(100 * value)}`,
    unit: " %",
    says: `${share(full, values.length)} are visible to nine tenths or more.`,
    note: "Hidden by others and cut off by the edge taken together.",
  });
}

function cutTable(chosen) {
  const known = chosen.filter((k) => labels.truncated[k] !== null);
  const rows = kinds.map((_, kind) => {
    const own = known.filter((k) => labels.kind[k] === kind);
    return [kind, own.length, own.filter((k) => labels.truncated[k]).length];
  });
  const order = rows.filter(([, n]) => n).sort((a, b) => b[2] / b[1] - a[2] / a[1]);
  const row = ([kind, n, cut]) => h("tr", {}, kindName(kind), barCell(cut, cut / n), h("td", {}, share(cut, n)));
  const all = total(rows.map(([, , cut]) => cut));
  const says = `${number(all)} of ${many(known.length, "object")}, ${share(all, known.length)}.`;
  return tableFigure("Cut off by the picture’s edge", ["Class", "Cut off", "Share"], order.map(row), says);
}

function viewChart(chosen) {
  const views = chosen.map((k) => labels.view[k]).filter((view) => view !== null);
  const counts = Array(2 * RINGS * SECTORS).fill(0);
  views.forEach((view) => counts[sphereCell(view)]++);
  const empty = counts.filter((n) => n === 0).length;
  const bands = [[-90, -60], [-60, -30], [-30, 0], [0, 30], [30, 60], [60, 91]];
  const rows = bands.map(([low, high]) => [
    `${low}° to ${Math.min(high, 90)}°`.replaceAll("-", "−"),
    views.filter(([elevation]) => elevation >= low && elevation < high).length,
  ]);
  const says = `${number(empty)} of ${counts.length} directions have no view.`;
  return figure("From where objects are seen", says, sphere(counts), {
    note: "The camera’s direction in the mesh’s own axes, all classes together: the middle of each disc is along z, "
      + "its rim the x-y plane. All cells have one area; the stronger, the more.",
    head: ["Elevation", "Objects"],
    rows,
  });
}

// In how many pictures two classes are together; on the diagonal, in how many one is with its like.
function together() {
  const pictures = new Map();
  const totals = Array(kinds.length).fill(0);
  const add = (a, b) => pictures.set(a * kinds.length + b, (pictures.get(a * kinds.length + b) ?? 0) + 1);
  for (const i of shown) {
    const own = new Map();
    for (const k of chosenOf(i)) own.set(labels.kind[k], (own.get(labels.kind[k]) ?? 0) + 1);
    for (const [a, n] of own) {
      totals[a]++;
      if (n > 1) add(a, a);
      for (const b of own.keys()) if (a !== b) add(a, b);
    }
  }
  const order = totals.map((_, kind) => kind).filter((kind) => totals[kind]);
  order.sort((a, b) => totals[b] - totals[a] || a - b);
  return togetherFigure(order, pictures);
}

function togetherFigure(order, pictures) {
  const most = Math.max(1, largest([...pictures.values()]));
  const told = order.slice(0, MOST_TOGETHER);
  const cell = (a, b) => {
    const n = pictures.get(a * kinds.length + b) ?? 0;
    const what = a === b ? `two or more ${kinds[a].name}` : `${kinds[a].name} and ${kinds[b].name}`;
    const title = `${many(n, "picture")} with ${what}`;
    return h("td", { class: "cell", title, style: { "--share": n / most } }, n || "·");
  };
  const row = (a) => {
    const { name } = kinds[a];
    return h("tr", {}, h("th", { scope: "row", title: name }, name), told.map((b) => cell(a, b)));
  };
  const heads = told.map((kind) => h("span", { title: kinds[kind].name }, kinds[kind].name));
  const title = "Classes seen together";
  const left = order.length > told.length ? ` The ${told.length} most frequent of ${order.length} classes.` : "";
  const words = `Pictures that show both; on the diagonal, two or more of the same.${left}`;
  const size = [[14, "wide"], [6, "broad"], [0, ""]].find(([n]) => told.length > n)?.[1] ?? "";
  const table = scrolled("across", title, tableOf(["", ...heads], told.map(row)));
  const caption = h("figcaption", {}, title);
  return h("figure", { class: `chart together ${size}` }, caption, table, h("p", { class: "quiet" }, words));
}
