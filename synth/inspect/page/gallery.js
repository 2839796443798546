// All pictures as tiles. The browser lays out only those in view; only they have their picture and its labels.

const AHEAD = "500px";
// So many are shown larger.
const FEW = 6;
// Width over height of the place for a tile's picture: that of most pictures, within reason.
const STAGE = clamp(median(shapes), 0.75, 1.8);

class Gallery {
  constructor(parent, open) {
    this.parent = parent;
    parent.style.setProperty("--stage", STAGE);
    if (nImages <= FEW) parent.style.setProperty("--tile", "400px");
    this.open = open;
    this.tiles = new Map();
    this.inView = new Map(); // of those in view, the width in CSS pixels
    this.watch = new IntersectionObserver((seen) => this.onSeen(seen), { rootMargin: AHEAD });
    parent.addEventListener("click", (event) => this.onClick(event));
    parent.addEventListener("keydown", (event) => this.onKey(event));
    parent.addEventListener("focusin", (event) => this.hold(event.target.closest(".tile")));
  }

  show() {
    this.parent.replaceChildren(...shown.map((i) => this.tile(i)));
    this.hold(this.parent.firstElementChild);
    this.redraw();
  }

  tile(i) {
    if (this.tiles.has(i)) return this.tiles.get(i);
    const shape = shapes[i];
    const width = `${100 * Math.min(1, shape / STAGE)}%`;
    const fit = h("span", { class: "fit", style: { width, "aspect-ratio": `${shape}` } });
    const unit = h("span", { class: "unseen" }, nObjects[i] === 1 ? " object" : " objects");
    const n = h("span", { class: "n" }, number(nObjects[i]), unit);
    const words = h("span", { class: "words" }, h("span", { class: "name" }, nameOf(i)), n);
    const tile = h("button", { type: "button", class: "tile", tabindex: -1, title: images.name[i] });
    tile.append(h("span", { class: "stage" }, fit), words);
    tile.dataset.i = i;
    this.tiles.set(i, tile);
    this.watch.observe(tile);
    return tile;
  }

  onSeen(seen) {
    for (const { target, isIntersecting, boundingClientRect } of seen) {
      const i = Number(target.dataset.i);
      if (isIntersecting) {
        this.inView.set(i, boundingClientRect.width);
        this.fill(i);
      } else if (this.inView.delete(i)) one(".fit", target).replaceChildren();
    }
  }

  fill(i) {
    const fit = one(".fit", this.tiles.get(i));
    const source = thumbnail(i);
    if (!source) {
      fit.replaceChildren(h("span", { class: "fault" }, images.fault[i] || "There is no picture."));
      return;
    }
    if (!one("img", fit)) {
      const picture = h("img", { src: source, alt: contentsOf(i), decoding: "async" });
      fit.replaceChildren(picture, h("canvas", { "aria-hidden": "true" }));
    }
    this.draw(i);
  }

  draw(i) {
    const canvas = one("canvas", this.tiles.get(i));
    const shape = shapes[i];
    if (canvas) drawLabels(canvas, i, this.inView.get(i) * Math.min(1, shape / STAGE), state.layers, (k) => passes[k]);
  }

  redraw() {
    for (const i of this.inView.keys()) this.draw(i);
  }

  resize() {
    for (const i of this.inView.keys()) this.inView.set(i, this.tiles.get(i).offsetWidth);
    this.redraw();
  }

  focus(i) {
    this.tiles.get(i)?.focus();
  }

  // One tile is in the order of the Tab key: the one last visited. Arrows lead to the others.
  hold(tile) {
    if (!tile) return;
    if (this.held) this.held.tabIndex = -1;
    this.held = tile;
    tile.tabIndex = 0;
  }

  onClick(event) {
    const tile = event.target.closest(".tile");
    if (tile) this.open(Number(tile.dataset.i));
  }

  onKey(event) {
    const tile = event.target.closest(".tile");
    const columns = getComputedStyle(this.parent).gridTemplateColumns.split(" ").length;
    const all = shown.length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -all, End: all };
    if (!tile || !(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const at = shown.indexOf(Number(tile.dataset.i)) + steps[event.key];
    this.focus(shown[clamp(at, 0, all - 1)]);
  }
}
