// One picture large, its labels in a table, and all that was drawn for it.

class Frame {
  constructor(dialog, { move, close, toggled }) {
    this.dialog = dialog;
    this.pointed = null;
    this.name = h("h2", { id: "frame-name" });
    this.place = h("span", { class: "quiet" });
    const round = (words, sign, onclick) =>
      h("button", { type: "button", class: "step", "aria-label": words, title: words, onclick }, sign);
    const [back, on] = [round("Previous picture", "←", () => move(-1)), round("Next picture", "→", () => move(1))];
    on.autofocus = true;
    const layers = h("div", { class: "layers", role: "group", "aria-label": "What is drawn on the picture" });
    makeLayers(layers, toggled);
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.picture = h("img", { alt: "" });
    this.fault = h("p", { class: "fault" });
    this.fit = h("div", { class: "fit" }, this.picture, this.canvas, this.fault);
    this.stage = h("div", { class: "stage" }, this.fit);
    this.side = h("div", { class: "side", tabindex: 0, "aria-label": "Labels and parameters" });
    const steps = h("div", { class: "steps" }, back, on, round("Close", "✕", close));
    const head = h("div", { class: "top" }, h("div", { class: "title" }, this.name, this.place), layers, steps);
    dialog.append(head, h("div", { class: "split" }, this.stage, this.side));
    this.fit.addEventListener("pointermove", (event) => this.point(this.under(event)));
    this.fit.addEventListener("pointerleave", () => this.point(null));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close();
    });
    new ResizeObserver(() => this.draw()).observe(this.stage);
  }

  show(i) {
    this.i = i;
    this.pointed = null;
    const at = shown.indexOf(i);
    this.name.textContent = images.name[i];
    this.name.title = images.name[i];
    this.place.textContent = at < 0 ? "doesn’t pass the filters" : `${number(at + 1)} of ${number(shown.length)}`;
    const source = large(i);
    this.fit.classList.toggle("broken", !source);
    this.fault.textContent = source ? "" : images.fault[i];
    if (source) this.picture.src = source;
    else this.picture.removeAttribute("src");
    this.picture.alt = `${nameOf(i)}: ${contentsOf(i)}`;
    this.rows = new Map();
    this.side.replaceChildren(this.facts(), this.table(), ...parameterBlocks(parameters(i)));
    this.side.scrollTop = 0;
    if (!this.dialog.open) this.dialog.showModal();
    this.draw();
  }

  draw() {
    if (!this.dialog.open) return;
    const shape = shapes[this.i];
    const { clientWidth, clientHeight } = this.stage;
    const width = Math.max(1, Math.min(clientWidth, clientHeight * shape));
    this.fit.style.width = `${width}px`;
    this.fit.style.height = `${width / shape}px`;
    // Of a picture that was opened by a link and doesn't pass the filters all is drawn.
    const isShown = shown.includes(this.i);
    const stands = (k) => (this.pointed === null ? passes[k] || !isShown : k === this.pointed);
    drawLabels(this.canvas, this.i, width, state.layers, stands);
  }

  // The smallest box under the pointer.
  under(event) {
    const { left, top, width } = this.fit.getBoundingClientRect();
    const scale = images.width[this.i] / width;
    const [px, py] = [(event.clientX - left) * scale, (event.clientY - top) * scale];
    let found = null;
    for (let k = firstOf(this.i); k < images.end[this.i]; k++) {
      const [x, y, width, height] = labels.box[k];
      const isIn = px >= x && px <= x + width && py >= y && py <= y + height;
      if (isIn && (found === null || sizes[k] < sizes[found])) found = k;
    }
    return found;
  }

  point(k) {
    if (k === this.pointed) return;
    this.rows.get(this.pointed)?.classList.remove("pointed");
    this.rows.get(k)?.classList.add("pointed");
    this.pointed = k;
    this.draw();
  }

  facts() {
    const i = this.i;
    const words = [`${images.width[i]} × ${images.height[i]} px`, many(nObjects[i], "object")];
    if (!images.fault[i]) words.push(`brightness ${Math.round(images.brightness[i])} of 255`);
    return h("p", { class: "quiet" }, words.join(" · "));
  }

  table() {
    const first = firstOf(this.i);
    const all = Array.from({ length: images.end[this.i] - first }, (_, n) => first + n);
    if (!all.length) return h("p", {}, "Nothing is labelled here: the picture teaches what is none of the classes.");
    const heads = ["Class", "Box, px", ...(has("visible") ? ["Visible"] : []), "Area, px"];
    const rows = all.map((k) => {
      const side = labels.box[k].slice(2).map(Math.round).join(" × ");
      const seen = has("visible") ? [told(labels.visible[k])] : [];
      const cells = [this.kindCell(k), side, ...seen, number(labels.area[k])];
      const row = h("tr", { tabindex: 0 }, cells.map((cell) => h("td", {}, cell)));
      for (const event of ["pointerenter", "focus"]) row.addEventListener(event, () => this.point(k));
      for (const event of ["pointerleave", "blur"]) row.addEventListener(event, () => this.point(null));
      this.rows.set(k, row);
      return row;
    });
    return h("div", { class: "scroll labels" }, tableOf(heads, rows));
  }

  kindCell(k) {
    const kind = labels.kind[k];
    const { name } = kinds[kind];
    const flags = [isCrowd(k) ? "ignored" : null, labels.truncated?.[k] ? cutWords(k) : null];
    const asset = set.assets[labels.asset?.[k]];
    const notes = [...flags, asset?.slice(asset.lastIndexOf("/") + 1)].filter(Boolean);
    return [
      h("span", { class: "of", title: name }, patch(colourOf(kind)), name),
      notes.map((note) => h("small", { title: asset ?? note }, note)),
    ];
  }
}

const cutWords = (k) => (has("inFrame") ? `${told(labels.inFrame[k])} in frame` : "cut off");
const told = (fraction) => (fraction === null ? "–" : share(fraction, 1));

// A block for each randomizer: pairs to read, lists of alike things as tables.
function parameterBlocks(drawn) {
  const names = Object.keys(drawn);
  if (!names.length) return [];
  const block = (name) => {
    const summary = h("summary", {}, name);
    return h("details", { class: "drawn", open: true }, summary, parameterValue(drawn[name]));
  };
  return [h("h3", {}, "Parameters"), ...names.map(block)];
}

// A table needs the whole width; its name stands above it.
const isWide = (value) => Array.isArray(value) && value.some((inner) => !isPlain(inner));
const isPlain = (value) => value === null || typeof value !== "object";

function parameterValue(value) {
  if (isPlain(value)) return h("p", { class: "mono" }, plainWords(value));
  if (Array.isArray(value)) return listValue(value);
  const pair = ([name, inner]) => {
    const told = h("dd", { class: isWide(inner) ? "broad" : null }, within(inner));
    return [h("dt", {}, name), told];
  };
  const pairs = Object.entries(value);
  return pairs.length ? h("dl", {}, pairs.map(pair)) : nothing();
}

function listValue(values) {
  if (!values.length) return nothing();
  if (values.every(isPlain)) return h("span", { class: "mono" }, values.map(plainWords).join(", "));
  if (values.some((value) => isPlain(value) || Array.isArray(value))) {
    return h("span", {}, values.map((value) => h("div", {}, parameterValue(value))));
  }
  const names = [...new Set(values.flatMap(Object.keys))];
  const cell = (value) => h("td", { title: isPlain(value) ? plainWords(value) : null }, within(value));
  const rows = values.map((value) => h("tr", {}, names.map((name) => cell(value[name] ?? null))));
  return h("div", { class: "scroll", tabindex: 0 }, tableOf(names, rows));
}

const within = (value) => (isPlain(value) ? plainWords(value) : parameterValue(value));
const nothing = () => h("span", { class: "quiet" }, "nothing");
const PLAIN = new Map([[null, "–"], [true, "yes"], [false, "no"]]);
const plainWords = (value) => PLAIN.get(value) ?? String(value);
