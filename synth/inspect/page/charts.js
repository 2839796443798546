// Charts as figures: a title, an SVG that says in words what it shows, and the same numbers as a table.

const WIDE = 460;
const PLOT = { left: 54, right: 446, top: 12, bottom: 190 };

function figure(title, says, drawing, { note = "", head = [], rows = [] } = {}) {
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", `${title}: ${says}`);
  const words = h("p", { class: "quiet" }, note ? `${says} ${note}` : says);
  const table = rows.length ? asTable(title, head, rows) : null;
  return h("figure", { class: "chart" }, h("figcaption", {}, title), drawing, words, table);
}

function asTable(title, head, rows) {
  const cell = (value) => h("td", {}, typeof value === "number" ? number(value) : value);
  const table = tableOf(head, rows.map((row) => h("tr", {}, row.map(cell))));
  return h("details", {}, h("summary", {}, "As a table"), scrolled("scroll", title, table));
}

// A round number of the form 1, 2, 5 times a power of ten, so that about four of them make `most`.
function roundStep(most) {
  const rough = Math.max(most / 4, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((digit) => digit * power >= rough);
}

/* Bars. `edges` has one more than `counts`; a label stands at an edge, or (`centred`) below a bar. */
function bars(counts, labelsAt, { centred = false, unit = "", what = "objects" } = {}) {
  const most = Math.max(1, largest(counts));
  const step = roundStep(most);
  const top = Math.ceil(most / step) * step;
  const { left, right, top: high, bottom } = PLOT;
  const y = (n) => bottom - ((bottom - high) * n) / top;
  const broad = (right - left) / counts.length;
  const parts = [];
  for (let n = 0; n <= top; n += step) {
    parts.push(svg("line", { class: "grid", x1: left, x2: right, y1: y(n), y2: y(n) }));
    parts.push(svg("text", { x: left - 8, y: y(n) + 4.5, "text-anchor": "end" }, number(n)));
  }
  counts.forEach((n, at) => {
    const tip = `${labelsAt[at]}${centred ? "" : ` to ${labelsAt[at + 1]}`}${unit}: ${number(n)} ${what}`;
    const width = Math.min(broad - Math.min(2, broad / 4), centred ? 48 : broad);
    const rect = { class: "column", x: left + broad * (at + 0.5) - width / 2, width, y: y(n), height: bottom - y(n) };
    parts.push(svg("rect", rect, svg("title", {}, tip)));
  });
  const every = Math.ceil(labelsAt.length / (centred ? 11 : 9));
  labelsAt.forEach((words, at) => {
    if (at % every) return;
    const x = left + broad * (at + (centred ? 0.5 : 0));
    parts.push(svg("text", { x, y: bottom + 21, "text-anchor": "middle" }, words));
  });
  return svg("svg", { viewBox: `0 0 ${WIDE} 216` }, parts);
}

// Cells from empty to the fullest one; `grid[row][column]`.
function heat(grid, shape) {
  const most = Math.max(1, largest(grid.flat()));
  const [rows, columns] = [grid.length, grid[0].length];
  const width = Math.min(440, 300 * shape);
  const [broad, high] = [width / columns, width / shape / rows];
  const left = (WIDE - width) / 2;
  const cells = grid.flatMap((row, r) => row.map((n, c) => {
    // A little larger, so that no seam is seen between them.
    const rect = { x: left + c * broad, y: r * high, width: broad + 0.3, height: high + 0.3 };
    return svg("rect", { class: "cell", ...rect, ...filled(n, most) }, svg("title", {}, number(n)));
  }));
  const frame = svg("rect", { class: "edge", x: left, y: 0.5, width, height: rows * high - 1 });
  return svg("svg", { viewBox: `0 0 ${WIDE} ${rows * high}` }, cells, frame);
}

// Of half as many the colour isn't half as strong: what is rare stays to be seen.
const filled = (n, most) => ({ style: { "--share": Math.sqrt(n / most) } });

// Both halves of a sphere as discs; rings and sectors of one area each, so that equal shades mean equally many views.
const RINGS = 5;
const SECTORS = 24;

function sphereCell([elevation, azimuth]) {
  const half = elevation >= 0 ? 0 : 1;
  const ring = Math.min(RINGS - 1, Math.floor(RINGS * (1 - Math.sin((Math.abs(elevation) * Math.PI) / 180))));
  const sector = Math.floor((((azimuth + 360) % 360) / 360) * SECTORS) % SECTORS;
  return (half * RINGS + ring) * SECTORS + sector;
}

function sphere(counts) {
  const most = Math.max(1, largest(counts));
  const radius = 100;
  // Lambert's azimuthal projection keeps areas: the radius goes with the root of the area below.
  const out = (ring) => radius * Math.sqrt(ring / RINGS);
  const parts = [];
  counts.forEach((n, cell) => {
    const half = cell < RINGS * SECTORS ? 0 : 1;
    const [ring, sector] = [Math.floor(cell / SECTORS) % RINGS, cell % SECTORS];
    const [middle, way] = [half ? 342 : 118, half ? -1 : 1];
    const at = (r, step) => {
      const angle = (2 * Math.PI * step) / SECTORS;
      return `${(middle + way * r * Math.cos(angle)).toFixed(1)} ${(116 - r * Math.sin(angle)).toFixed(1)}`;
    };
    const [r0, r1] = [out(ring), out(ring + 1)];
    const arc = (r, step, sweep) => `A ${r} ${r} 0 0 ${sweep ^ (half ? 1 : 0)} ${at(r, step)}`;
    const sides = [`M ${at(r0, sector)} L ${at(r1, sector)}`, `L ${at(r0, sector + 1)}`];
    const d = `${sides[0]} ${arc(r1, sector + 1, 0)} ${sides[1]} ${arc(r0, sector, 1)} Z`;
    parts.push(svg("path", { class: "cell", d, ...filled(n, most) }, svg("title", {}, number(n))));
  });
  for (const [middle, words] of [[118, "from above (+z)"], [342, "from below (−z)"]]) {
    parts.push(svg("circle", { class: "edge", cx: middle, cy: 116, r: radius }));
    parts.push(svg("text", { x: middle, y: 238, "text-anchor": "middle" }, words));
  }
  return svg("svg", { viewBox: `0 0 ${WIDE} 246` }, parts);
}

const HUES = [
  ["red", 350, 129, "start"], ["yellow", 296, 20, "start"], ["green", 164, 20, "end"],
  ["cyan", 110, 129, "end"], ["blue", 164, 242, "end"], ["magenta", 296, 242, "start"],
];

// Each picture's mean colour on the disc of hues: how far out is how strong.
function colourDisc(pictures) {
  const dots = pictures.map((i) => {
    const [hue, saturation] = hueOf(images.rgb[i]);
    const [x, y] = [230 + 112 * saturation * Math.cos(hue), 124 - 112 * saturation * Math.sin(hue)];
    return svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 3.2, fill: `rgb(${images.rgb[i]})`, class: "speck" });
  });
  const rings = [28, 56, 84, 112].map((r) => svg("circle", { class: "grid", cx: 230, cy: 124, r, fill: "none" }));
  const words = HUES.map(([hue, x, y, anchor]) => svg("text", { x, y, "text-anchor": anchor }, hue));
  return svg("svg", { viewBox: `0 0 ${WIDE} 252` }, rings, words, dots);
}

// Hue in radians and saturation, 0 to 1, of HSV.
function hueOf([red, green, blue]) {
  const most = Math.max(red, green, blue);
  const span = most - Math.min(red, green, blue);
  if (!span) return [0, 0];
  let sixth = 4 + (red - green) / span;
  if (most === red) sixth = (green - blue) / span;
  else if (most === green) sixth = 2 + (blue - red) / span;
  return [(sixth * Math.PI) / 3, span / most];
}
