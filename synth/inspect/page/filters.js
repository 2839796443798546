// The controls beside the gallery: layers, classes, ranges, order. Each changes `state` and says so.

const KINDS_SEARCHED = 12;

function makeLayers(parent, changed) {
  for (const layer of LAYERS) {
    const title = `${layer.title ? `${layer.title}; ` : ""}key ${layer.key}`;
    const button = h("button", { type: "button", title, onclick: () => toggleLayer(layer.id, changed) }, layer.words);
    button.dataset.layer = layer.id;
    parent.append(button);
  }
}

function toggleLayer(id, changed) {
  if (!state.layers.delete(id)) state.layers.add(id);
  changed();
}

function showLayers() {
  for (const button of document.querySelectorAll("[data-layer]")) {
    button.setAttribute("aria-pressed", state.layers.has(button.dataset.layer));
  }
}

// Each control gives back a function that shows what the state says.
function makeFilters(form, changed) {
  const controls = [];
  if (kinds.length) controls.push(kindsControl(form, changed));
  for (const [id, range] of Object.entries(RANGES)) {
    if (range.there && range.stops.length > 1) controls.push(rangeControl(form, id, range, changed));
  }
  if (has("truncated")) controls.push(cutControl(form, changed));
  const reset = h("button", { type: "button", class: "reset", onclick: () => resetFilters(changed) }, "Reset filters");
  form.append(reset);
  form.addEventListener("submit", (event) => event.preventDefault());
  return () => {
    controls.forEach((show) => show());
    reset.disabled = nFilters() === 0;
    one(".filters .active").textContent = nFilters() ? ` · ${nFilters()} active` : "";
  };
}

function resetFilters(changed) {
  Object.assign(state, { kinds: new Set(), cut: "any", visible: null, size: null, objects: null });
  changed();
}

function kindsControl(form, changed) {
  const counts = new Uint32Array(kinds.length);
  labels.kind.forEach((kind, k) => (counts[kind] += isCrowd(k) ? 0 : 1));
  const order = kinds.map((_, kind) => kind).sort((a, b) => counts[b] - counts[a] || a - b);
  const rows = order.map((kind) => {
    const toggle = () => {
      if (!state.kinds.delete(kind)) state.kinds.add(kind);
      changed();
    };
    const box = h("input", { type: "checkbox", onchange: toggle });
    const name = h("span", { class: "name", title: kinds[kind].name }, kinds[kind].name);
    const n = h("span", { class: "n" }, number(counts[kind]));
    return { kind, box, row: h("label", { class: "kind" }, box, patch(colourOf(kind)), name, n) };
  });
  const list = h("div", { class: "kinds", role: "group", "aria-label": "Classes" }, rows.map(({ row }) => row));
  form.append(h("fieldset", {}, h("legend", {}, "Classes"), rows.length > KINDS_SEARCHED ? search(rows) : null, list));
  return () => rows.forEach(({ kind, box }) => (box.checked = state.kinds.has(kind)));
}

function search(rows) {
  const find = (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const { kind, row } of rows) row.hidden = !kinds[kind].name.toLowerCase().includes(wanted);
  };
  const placeholder = `Find among ${rows.length}`;
  return h("input", { type: "search", placeholder, "aria-label": "Find a class", oninput: find });
}

// Two handles on one rail, over a small histogram of what there is.
function rangeControl(form, id, range, changed) {
  const { stops, words, text } = range;
  const last = stops.length - 1;
  const told = h("output", {});
  const slide = (end) => {
    const at = handles.map((handle) => Number(handle.value));
    if (at[0] > at[1]) handles[end].value = at[end] = at[1 - end];
    state[id] = at[0] === 0 && at[1] === last ? null : [stops[at[0]], stops[at[1]]];
    changed();
  };
  const handles = ["at least", "at most"].map((which, end) => {
    const label = `${words}, ${which}`;
    return h("input", { type: "range", min: 0, max: last, step: 1, "aria-label": label, oninput: () => slide(end) });
  });
  const bars = rangeBars(range);
  const rail = h("div", { class: "rail" }, bars, h("i", { class: "track" }), handles);
  form.append(h("fieldset", {}, h("legend", {}, words, told), rail));
  const near = (value) => {
    const away = stops.map((stop) => Math.abs(stop - value));
    return away.indexOf(Math.min(...away));
  };
  return () => {
    const at = state[id] ? state[id].map(near) : [0, last];
    handles.forEach((handle, end) => {
      handle.value = at[end];
      handle.setAttribute("aria-valuetext", text(stops[at[end]]));
    });
    // Both at the upper end: the lower one must be the one that can be taken.
    handles[0].style.zIndex = at[0] === last ? 2 : "";
    rail.style.setProperty("--from", at[0] / last);
    rail.style.setProperty("--to", at[1] / last);
    const ends = at.map((place) => text(stops[place]));
    told.textContent = ends[0] === ends[1] ? ends[0] : ends.join(" – ");
  };
}

function rangeBars({ stops, values }) {
  const counts = new Uint32Array(stops.length);
  for (const value of values) {
    if (value === null) continue;
    let at = 0;
    while (at < stops.length - 1 && value >= stops[at + 1]) at++;
    counts[at]++;
  }
  const most = Math.max(1, largest(counts));
  const bars = [...counts].map((n, at) => {
    const height = n ? Math.max(0.6, (18 * n) / most) : 0;
    return svg("rect", { x: at + 0.1, y: 20 - height, width: 0.8, height });
  });
  const view = `0 0 ${stops.length} 20`;
  return svg("svg", { class: "bars", viewBox: view, preserveAspectRatio: "none", "aria-hidden": "true" }, bars);
}

function cutControl(form, changed) {
  const choose = (event) => {
    state.cut = event.target.value;
    changed();
  };
  const radios = Object.entries(CUTS).map(([id, words]) => {
    const radio = h("input", { type: "radio", name: "cut", value: id, onchange: choose });
    return { radio, row: h("label", {}, radio, words) };
  });
  form.append(h("fieldset", { class: "cut" }, h("legend", {}, "Objects"), radios.map(({ row }) => row)));
  return () => radios.forEach(({ radio }) => (radio.checked = radio.value === state.cut));
}

function makeSort(select, changed) {
  select.append(...Object.entries(SORTS).map(([id, sort]) => h("option", { value: id }, sort.words)));
  select.addEventListener("change", () => {
    state.sort = select.value;
    changed();
  });
  return () => (select.value = state.sort);
}
